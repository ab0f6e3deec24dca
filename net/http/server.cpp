#include "net/http/server.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_set>

#include "net/http/exchange.hpp"
#include "net/http/listen_address.hpp"
#include "net/http/request_reader.hpp"
#include "runtime/ids.hpp"
#include "runtime/log.hpp"

namespace troupe::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr Millis linger_time{2'000};                       // for a client to read its last answer
constexpr Millis linger_time_at_the_end{200};              // likewise, when the server goes
constexpr std::size_t linger_bytes_max = 32 * 1024 * 1024; // read and thrown away meanwhile
constexpr std::size_t refusals_max = 64; // connections beyond the limit that still get a 503
constexpr Millis accept_pause{100};      // when the system has no descriptor left

/// One connection. Everything runs on its strand.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<Server::Core> core, tcp::socket socket);

  void serve();  // from the first request on
  void refuse(); // 503 and close
  void drain();  // after the request under way, at once if there is none
  void close();
  const tcp::socket::executor_type& executor() { return executor_; }

 private:
  enum class Phase { idle, reading, answering, writing, streaming, lingering };

  void read();
  void on_read(error_code error, std::size_t count);
  void step(RequestReader::State state);
  void answer_request();
  template <class T>
  std::function<void(T)> later(Phase phase, void (*take)(Session&, T&));
  void respond(const Response& response, bool close);
  void on_written(error_code error);
  void write(std::string bytes);
  void ask_for_piece();
  void say_continue();
  void linger();
  void arm(Millis duration, Phase phase);
  void on_deadline();

  std::shared_ptr<Server::Core> core_; // first: the socket needs its io_context to the end
  tcp::socket socket_;
  tcp::socket::executor_type executor_;
  asio::steady_timer timer_;
  RequestReader reader_;
  std::string peer_;
  std::optional<Exchange> exchange_;
  std::array<char, 16 * 1024> input_;
  std::string output_;
  std::function<void(Piece)> pieces_; // of the body that is being streamed
  Phase phase_ = Phase::idle;
  std::uint64_t alarms_ = 0;    // one that is not the latest is stale
  std::uint64_t exchanges_ = 0; // an answer to an earlier one is late
  std::size_t thrown_away_ = 0;
  bool timed_out_ = false, draining_ = false, close_after_write_ = false, closed_ = false;
};

} // namespace

struct Server::Core : std::enable_shared_from_this<Core> {
  Core(ServerOptions options, Router router, OriginRules rules)
      : service{std::move(options), std::move(router), std::move(rules)} {}

  Result<> listen(const ListenAddress& address);
  void run();
  void accept();
  void admit(tcp::socket socket);
  void remove(const std::shared_ptr<Session>& session);
  void post(const std::shared_ptr<Session>& session, std::function<void(Session&)> what);
  void drain(Millis bound);
  void stop();

  Service service;
  const ServerOptions& options = service.options;
  asio::io_context io;
  tcp::acceptor acceptor{io};
  asio::steady_timer pause{io};
  tcp::endpoint bound;

  std::mutex mutex;
  std::condition_variable changed;
  std::unordered_set<std::shared_ptr<Session>> sessions;
  bool closing = false; // no new sessions
  bool stopped = false; // nothing is posted any more
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work{io.get_executor()};
  std::vector<std::jthread> threads;
};

namespace {

Session::Session(std::shared_ptr<Server::Core> core, tcp::socket socket)
    : core_{std::move(core)},
      socket_{std::move(socket)},
      executor_{socket_.get_executor()},
      timer_{executor_},
      reader_{{core_->options.header_bytes_max, core_->options.body_bytes_max}} {
  error_code ignored;
  socket_.set_option(tcp::no_delay{true}, ignored);
  const auto peer = socket_.remote_endpoint(ignored);
  if (!ignored) peer_ = to_string({peer.address().to_string(), peer.port()});
}

void Session::serve() { step(RequestReader::State::need_more); }

void Session::refuse() {
  respond(problem(503, "the server has as many connections as it takes; try again shortly",
                  {{"Retry-After", "1"}}),
          true);
}

void Session::drain() {
  draining_ = true;
  if (phase_ == Phase::idle || pieces_) close();
  if (phase_ == Phase::lingering) arm(linger_time_at_the_end, Phase::lingering);
}

void Session::close() {
  if (closed_) return;
  closed_ = true;
  pieces_ = {};
  ++alarms_;
  error_code ignored;
  timer_.cancel(ignored);
  socket_.close(ignored);
  core_->remove(shared_from_this());
}

void Session::arm(Millis duration, Phase phase) {
  phase_ = phase;
  timer_.expires_after(duration);
  timer_.async_wait([self = shared_from_this(), alarm = ++alarms_](error_code) {
    if (alarm == self->alarms_ && !self->closed_) self->on_deadline();
  });
}

void Session::on_deadline() {
  switch (phase_) {
    case Phase::reading: {
      timed_out_ = true;
      error_code ignored;
      socket_.cancel(ignored); // on_read answers 408
      return;
    }
    case Phase::answering:
      return respond(problem(504, "the request was not answered in time; it may still be served"),
                     true);
    case Phase::idle:
    case Phase::writing:
    case Phase::streaming:
    case Phase::lingering: return close();
  }
}

void Session::step(RequestReader::State state) {
  switch (state) {
    case RequestReader::State::complete: return answer_request();
    case RequestReader::State::failed: return respond(reader_.refusal(), true);
    case RequestReader::State::wants_continue: return say_continue();
    case RequestReader::State::need_more: return read();
  }
}

void Session::read() {
  if (draining_ && !reader_.started()) return close();
  if (!reader_.started())
    arm(core_->options.idle_timeout, Phase::idle);
  else if (phase_ != Phase::reading) // one deadline for the whole request
    arm(core_->options.request_timeout, Phase::reading);
  socket_.async_read_some(asio::buffer(input_),
                          [self = shared_from_this()](error_code error, std::size_t count) {
                            self->on_read(error, count);
                          });
}

void Session::on_read(error_code error, std::size_t count) {
  if (closed_) return;
  auto state = RequestReader::State::need_more;
  if (!error) state = reader_.feed({input_.data(), count});
  if (error == asio::error::eof) {
    state = reader_.end();
    if (state == RequestReader::State::need_more) return close();
  } else if (error && !timed_out_) {
    return close();
  }
  if (timed_out_ && state == RequestReader::State::need_more)
    return respond(problem(408, "the request did not come to its end in time"), true);
  timed_out_ = false;
  step(state);
}

void Session::say_continue() {
  output_ = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(output_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (error) return self->close();
                      self->read();
                    });
}

/// Takes what is given on any thread, if the exchange of now still waits for it.
template <class T>
std::function<void(T)> Session::later(Phase phase, void (*take)(Session&, T&)) {
  return [weak = weak_from_this(), exchange = exchanges_, phase, take](T given) {
    if (const auto session = weak.lock())
      session->core_->post(session, [=, given = std::move(given)](Session& self) mutable {
        if (self.phase_ == phase && self.exchanges_ == exchange && !self.closed_) take(self, given);
      });
  };
}

void Session::answer_request() {
  ++exchanges_;
  arm(core_->options.answer_timeout, Phase::answering);
  exchange_.emplace(core_->service, peer_);
  exchange_->serve(reader_.take(),
                   Answer{later<Response>(Phase::answering, [](Session& self, Response& response) {
                     self.respond(response, false);
                   })});
}

void Session::respond(const Response& response, bool close) {
  const bool read_whole = phase_ == Phase::answering;
  if (!read_whole) exchange_.emplace(core_->service, peer_);
  close_after_write_ =
      close || draining_ || !read_whole || !reader_.keep_alive() || response.pieces;
  Framing framing{close_after_write_, false, false, {}};
  if (read_whole) framing.http_1_0 = reader_.is_http_1_0();
  if (read_whole) framing.without_body = reader_.head_only();
  if (response.pieces && !framing.without_body) pieces_ = response.pieces;
  write(exchange_->end(response, std::move(framing)));
}

void Session::write(std::string bytes) {
  output_ = std::move(bytes);
  arm(core_->options.write_timeout, Phase::writing);
  asio::async_write(
      socket_, asio::buffer(output_),
      [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
}

void Session::on_written(error_code error) {
  if (closed_) return;
  if (error) return close();
  output_ = {};
  if (pieces_) return ask_for_piece();
  if (!close_after_write_) return step(reader_.next());
  socket_.shutdown(tcp::socket::shutdown_send, error);
  arm(draining_ ? linger_time_at_the_end : linger_time, Phase::lingering);
  linger();
}

void Session::ask_for_piece() {
  arm(core_->options.answer_timeout, Phase::streaming);
  using Text = std::optional<std::string>;
  pieces_(later<Text>(Phase::streaming, [](Session& self, Text& piece) {
    if (!piece) self.pieces_ = {}; // the end: on_written closes
    self.write(std::move(piece).value_or(""));
  }));
}

/// Reads on for a while: closing with unread bytes would reset the connection, and the client would
/// never see the answer.
void Session::linger() {
  socket_.async_read_some(asio::buffer(input_),
                          [self = shared_from_this()](error_code error, std::size_t count) {
                            self->thrown_away_ += count;
                            if (error || self->thrown_away_ > linger_bytes_max)
                              return self->close();
                            self->linger();
                          });
}

} // namespace

Result<> Server::Core::listen(const ListenAddress& address) {
  error_code error;
  const auto ip =
      asio::ip::make_address(address.host == "localhost" ? "127.0.0.1" : address.host, error);
  if (error) return cannot_listen(address, error.value());
  const tcp::endpoint endpoint{ip, address.port};
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address{true}, error);
  if (!error && ip.is_v6() && ip.is_unspecified())
    acceptor.set_option(asio::ip::v6_only{false}, error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  if (!error) bound = acceptor.local_endpoint(error);
  if (error) return cannot_listen(address, error.value());
  return {};
}

void Server::Core::run() {
  accept();
  for (unsigned i = 0; i < std::max(options.threads, 1u); ++i)
    threads.emplace_back([this] { io.run(); });
}

void Server::Core::accept() {
  acceptor.async_accept(asio::make_strand(io), [this](error_code error, tcp::socket socket) {
    if (!acceptor.is_open()) return;
    if (!error) {
      admit(std::move(socket));
      return accept();
    }
    log::error("http.cannot_accept", {{"error", error.message()}});
    pause.expires_after(accept_pause);
    pause.async_wait([this](error_code) {
      if (acceptor.is_open()) accept();
    });
  });
}

void Server::Core::admit(tcp::socket socket) {
  const std::lock_guard lock{mutex};
  const auto open = sessions.size();
  if (closing || open >= options.connections_max + refusals_max) return; // closes it
  const auto session = std::make_shared<Session>(shared_from_this(), std::move(socket));
  sessions.insert(session);
  if (options.metrics) options.metrics->set(connections_open, {}, static_cast<double>(open + 1));
  asio::post(session->executor(), [session, full = open >= options.connections_max] {
    full ? session->refuse() : session->serve();
  });
}

void Server::Core::remove(const std::shared_ptr<Session>& session) {
  const std::lock_guard lock{mutex};
  sessions.erase(session);
  if (options.metrics)
    options.metrics->set(connections_open, {}, static_cast<double>(sessions.size()));
  changed.notify_all();
}

void Server::Core::post(const std::shared_ptr<Session>& session,
                        std::function<void(Session&)> what) {
  const std::lock_guard lock{mutex};
  if (stopped) return;
  asio::post(session->executor(), [session, what = std::move(what)] { what(*session); });
}

void Server::Core::drain(Millis bound_of_time) {
  std::unique_lock lock{mutex};
  const auto tell_all = [&](void (Session::*what)()) {
    for (const auto& session : sessions)
      asio::post(session->executor(), [session, what] { (*session.*what)(); });
  };
  if (!closing)
    asio::post(io, [this] {
      error_code ignored;
      acceptor.close(ignored);
      pause.cancel(ignored);
    });
  closing = true;
  tell_all(&Session::drain);
  const auto none_left = [&] { return sessions.empty(); };
  if (changed.wait_for(lock, bound_of_time, none_left)) return;
  tell_all(&Session::close);
  changed.wait(lock, none_left);
}

void Server::Core::stop() {
  drain(Millis{0});
  {
    const std::lock_guard lock{mutex};
    stopped = true;
    work.reset();
  }
  threads.clear(); // joins, once everything posted has run
}

Result<std::unique_ptr<Server>> Server::start(ServerOptions options, Router router) {
  auto address = parse_listen_address(options.listen);
  if (!address) return address.error();
  OriginRules rules{!is_loopback(address->host), options.hosts};
  auto core = std::make_shared<Core>(std::move(options), std::move(router), std::move(rules));
  if (auto listening = core->listen(*address); !listening) return listening.error();
  SystemEntropy entropy;
  core->service.id_prefix =
      to_string(entropy.make_id<MessageId>(core->service.clock.now())).substr(24) + "-";
  core->run();
  return std::unique_ptr<Server>{new Server{std::move(core)}};
}

Server::Server(std::shared_ptr<Core> core) : core_{std::move(core)} {}
Server::~Server() { core_->stop(); }

int Server::port() const { return core_->bound.port(); }

std::string Server::url() const {
  return "http://" + to_string({core_->bound.address().to_string(), core_->bound.port()});
}

void Server::drain(Millis bound) { core_->drain(bound); }

} // namespace troupe::http
