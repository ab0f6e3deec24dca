#include "net/http/forwarder.hpp"

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <list>
#include <mutex>
#include <thread>

#include "net/http/body_pipe.hpp"
#include "net/http/curl.hpp"
#include "net/http/passing.hpp"

namespace troupe::http {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int sweep_ms = 500;

/// Wakes the forwarder's thread, as long as there is one.
class Waker {
 public:
  explicit Waker(CURLM* multi) : multi_{multi} {}
  void wake() {
    const std::lock_guard lock{mutex_};
    if (multi_ != nullptr) curl_multi_wakeup(multi_);
  }
  void stop() {
    const std::lock_guard lock{mutex_};
    multi_ = nullptr;
  }

 private:
  std::mutex mutex_;
  CURLM* multi_;
};

/// The client of a body that is passed on while it comes: gone when the last copy is.
struct Client {
  explicit Client(std::shared_ptr<Waker> w) : waker{std::move(w)} {}
  std::shared_ptr<Waker> waker;
  std::atomic<bool> wants{false};
};

std::optional<std::size_t> length_of(const Fields& headers) {
  for (const auto& [name, value] : headers) {
    std::size_t length = 0;
    const auto* end = value.data() + value.size();
    if (name == "content-length" && std::from_chars(value.data(), end, length).ptr == end)
      return length;
  }
  return std::nullopt;
}

/// It was never sent.
bool is_unreached(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_OPERATION_TIMEDOUT: // connecting has one, and nothing else
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return true;
    default: return false;
  }
}

/// One request, as libcurl's callbacks see it. Everything runs on the forwarder's thread.
class Transfer {
 public:
  Transfer(const ForwarderOptions& options, std::shared_ptr<Waker> waker, Request request,
           Answer answer)
      : options_{options},
        waker_{std::move(waker)},
        request_{std::move(request)},
        answer_{std::move(answer)},
        servers_{options.servers()} {}

  bool has_server() const { return tried_ < servers_.size(); }
  /// Requires has_server().
  void begin(CURLM* multi);
  CURL* easy() const { return easy_.get(); }

  /// What came of this try. True: the next server is to be tried.
  bool ended(CURLcode code);
  void refuse_without_server();
  /// Goes on where the client wants more. False: it is over, in time or because the client is gone.
  bool go_on();

 private:
  static std::size_t take_header(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t take_body(char* data, std::size_t, std::size_t size, void* self);
  bool head_is_whole();
  void answer_while_it_comes();
  Response head() const;
  void count(std::string_view outcome) const {
    if (options_.metrics) options_.metrics->add(forwards_total, {{"outcome", outcome}});
  }

  const ForwarderOptions& options_;
  std::shared_ptr<Waker> waker_;
  Request request_;
  Answer answer_;
  std::vector<std::string> servers_;
  std::size_t tried_ = 0;

  Easy easy_;
  CurlList headers_;
  std::array<char, CURL_ERROR_SIZE> fault_{};
  int status_ = 0;
  Fields answer_headers_;
  std::string body_;
  std::shared_ptr<BodyPipe> pipe_;
  std::weak_ptr<Client> client_;
  bool passed_over_ = false; // its 503 is not what the client shall see
  bool has_head_ = false, paused_ = false;
  Steady::time_point heard_;
};

void Transfer::refuse_without_server() {
  count("no_server");
  answer_(problem(503,
                  "no orchestrator node is heard of on the bus; injected events and alerts are "
                  "taken all the same",
                  {{"Retry-After", "1"}}));
}

void Transfer::begin(CURLM* multi) {
  const auto& server = servers_[tried_++];
  easy_.reset(curl_easy_init());
  headers_ =
      header_list(passed_request_headers(request_.headers, options_.name), !request_.body.empty());
  answer_headers_.clear();
  body_.clear();
  passed_over_ = has_head_ = paused_ = false;
  heard_ = Steady::now();

  auto* easy = easy_.get();
  const auto base = server.ends_with('/') ? server.substr(0, server.size() - 1) : server;
  curl_easy_setopt(easy, CURLOPT_URL, (base + request_.target).c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*"); // nodes of one cluster reach each other
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(options_.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fault_.data());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  if (!request_.body.empty() || request_.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
  }
  // Our server makes the answer to HEAD of that to GET.
  if (request_.method != "HEAD")
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  curl_multi_add_handle(multi, easy);
}

std::size_t Transfer::take_header(char* data, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view line{data, size};
  transfer.heard_ = Steady::now();
  if (transfer.has_head_) return size; // a trailer
  if (line.starts_with("HTTP/")) transfer.answer_headers_.clear();
  if (auto header = read_header_line(line)) transfer.answer_headers_.push_back(std::move(*header));
  if (line != "\r\n" && line != "\n") return size;
  return transfer.head_is_whole() ? size : 0; // 0 ends it
}

bool Transfer::head_is_whole() {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  status_ = static_cast<int>(status);
  if (status_ < 200) return true; // the real one follows
  has_head_ = true;
  passed_over_ = status_ == 503 && has_server() && may_repeat(request_);
  if (passed_over_) return false;
  const bool bodiless = status_ == 204 || status_ == 304;
  if (const auto length = length_of(answer_headers_);
      !bodiless && (!length || *length > options_.whole_bytes_max))
    answer_while_it_comes();
  return true;
}

Response Transfer::head() const {
  Response response{
      status_, {}, "application/octet-stream", passed_answer_headers(answer_headers_)};
  std::erase_if(response.headers, [&](const auto& header) {
    if (header.first != "content-type") return false;
    response.content_type = header.second;
    return true;
  });
  return response;
}

void Transfer::answer_while_it_comes() {
  pipe_ = std::make_shared<BodyPipe>(options_.ahead_bytes_max);
  const std::shared_ptr<Client> client{new Client{waker_}, [](Client* gone) {
                                         const auto waker = gone->waker;
                                         delete gone;
                                         waker->wake();
                                       }};
  client_ = client;
  auto response = head();
  if (const auto length = length_of(answer_headers_)) // so that the client notices a broken end
    response.headers.emplace_back("Content-Length", std::to_string(*length));
  response.pieces = [pipe = pipe_, client](Piece piece) {
    if (!pipe->ask(std::move(piece))) return;
    client->wants = true;
    client->waker->wake();
  };
  count("answered");
  answer_(std::move(response));
}

std::size_t Transfer::take_body(char* data, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.heard_ = Steady::now();
  if (!transfer.pipe_) {
    transfer.body_.append(data, size);
    return size;
  }
  transfer.paused_ = !transfer.pipe_->give({data, size});
  return transfer.paused_ ? CURL_WRITEFUNC_PAUSE : size;
}

bool Transfer::go_on() {
  const auto now = Steady::now();
  if (pipe_) {
    const auto client = client_.lock();
    if (!client) return false;
    if (client->wants.exchange(false) && paused_) {
      heard_ = now;
      paused_ = false;
      curl_easy_pause(easy_.get(), CURLPAUSE_CONT);
    }
    if (paused_ || now - heard_ < options_.stall_timeout) return true;
    pipe_->end();
    return false;
  }
  if (now - heard_ < options_.answer_timeout) return true;
  count("unanswered");
  answer_(problem(504, "no orchestrator answered within " +
                           format_duration(options_.answer_timeout) +
                           "; the request may still be served"));
  return false;
}

bool Transfer::ended(CURLcode code) {
  if (pipe_) return pipe_->end(), false;
  if (code == CURLE_OK) {
    auto response = head();
    response.body = std::move(body_);
    count("answered");
    return answer_(std::move(response)), false;
  }
  const bool again = passed_over_ || is_unreached(code) || may_repeat(request_);
  if (again && has_server()) return true;
  const std::string why = fault_[0] != '\0' ? fault_.data() : curl_easy_strerror(code);
  count("unanswered");
  if (is_unreached(code))
    answer_(problem(503, "no orchestrator can be reached: " + why, {{"Retry-After", "1"}}));
  else
    answer_(problem(502, "the orchestrator broke off before it answered (" + why +
                             "); whether it did what was asked is not known. Look before you "
                             "repeat it; with an Idempotency-Key it is safe to repeat"));
  return false;
}

} // namespace

class Forwarder::Impl {
 public:
  explicit Impl(ForwarderOptions options) : options_{std::move(options)} {
    thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
  }
  ~Impl() {
    thread_.request_stop();
    waker_->wake();
    thread_.join();
    waker_->stop();
    for (const auto& transfer : transfers_) drop(*transfer);
  }

  void forward(Request request, Answer answer) {
    auto transfer =
        std::make_unique<Transfer>(options_, waker_, std::move(request), std::move(answer));
    if (!transfer->has_server()) return transfer->refuse_without_server();
    const std::lock_guard lock{mutex_};
    arrived_.push_back(std::move(transfer));
    waker_->wake();
  }
  const ForwarderOptions& options() const { return options_; }

 private:
  using Transfers = std::list<std::unique_ptr<Transfer>>;

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      begin_arrived();
      for (auto at = transfers_.begin(); at != transfers_.end();) {
        const bool goes_on = (*at)->go_on();
        if (!goes_on) drop(**at);
        at = goes_on ? std::next(at) : transfers_.erase(at);
      }
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      int left = 0;
      while (const auto* message = curl_multi_info_read(multi_.get(), &left))
        if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
      curl_multi_poll(multi_.get(), nullptr, 0, sweep_ms, nullptr);
    }
  }

  void begin_arrived() {
    Transfers arrived;
    {
      const std::lock_guard lock{mutex_};
      arrived.swap(arrived_);
    }
    for (const auto& transfer : arrived) transfer->begin(multi_.get());
    transfers_.splice(transfers_.end(), arrived);
  }

  void end(CURL* easy, CURLcode code) {
    const auto at = std::ranges::find_if(
        transfers_, [&](const auto& transfer) { return transfer->easy() == easy; });
    if (at == transfers_.end()) return;
    drop(**at);
    if ((*at)->ended(code))
      (*at)->begin(multi_.get());
    else
      transfers_.erase(at);
  }

  void drop(const Transfer& transfer) { curl_multi_remove_handle(multi_.get(), transfer.easy()); }

  ForwarderOptions options_;
  Multi multi_{(start_curl(), curl_multi_init())};
  std::shared_ptr<Waker> waker_ = std::make_shared<Waker>(multi_.get());
  std::mutex mutex_;
  Transfers arrived_;
  Transfers transfers_; // of the thread
  std::jthread thread_;
};

Forwarder::Forwarder(ForwarderOptions options) : impl_{std::make_unique<Impl>(std::move(options))} {
  if (auto* metrics = impl_->options().metrics)
    for (const auto* outcome : {"answered", "unanswered", "no_server"})
      metrics->add(forwards_total, {{"outcome", outcome}}, 0);
}
Forwarder::~Forwarder() = default;

void Forwarder::forward(Request request, Answer answer) {
  const auto& options = impl_->options();
  if (is_loop(request, options.name))
    return answer(problem(508, "this request has come through " + options.name +
                                   " before: http.url of an orchestrator points to it"));
  if (!request.target.starts_with('/'))
    return answer(problem(400, "expected a path as the request's target"));
  impl_->forward(std::move(request), std::move(answer));
}

} // namespace troupe::http
