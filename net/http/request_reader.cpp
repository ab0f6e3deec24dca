#include "net/http/request_reader.hpp"

#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cassert>
#include <optional>

#include "net/http/url.hpp"
#include "runtime/ascii.hpp"

namespace troupe::http {
namespace {

namespace beast = boost::beast::http;
using State = RequestReader::State;

std::string text_of(boost::beast::string_view text) { return {text.data(), text.size()}; }

Response refusal_of(boost::system::error_code error, const ReaderLimits& limits) {
  if (error == beast::error::header_limit)
    return problem(431, "the request line and the headers have more than " +
                            std::to_string(limits.header_bytes_max) + " bytes");
  if (error == beast::error::body_limit)
    return problem(413,
                   "the body has more than " + std::to_string(limits.body_bytes_max) + " bytes");
  if (error == beast::error::bad_version) return problem(505, "expected HTTP/1.1 or HTTP/1.0");
  return problem(400, "this is not a request of HTTP/1.1: " + error.message());
}

/// Something that cannot begin a method: most likely TLS, or another protocol altogether.
bool is_foreign(char first) { return first < 'A' || first > 'z'; }

} // namespace

struct RequestReader::Impl {
  explicit Impl(ReaderLimits l) : limits{l} { restart(); }

  void restart();
  State advance();
  std::optional<Response> read_head();
  State fail(Response response);

  ReaderLimits limits;
  std::string bytes; // not yet parsed
  std::optional<beast::request_parser<beast::string_body>> parser;
  Request request; // its head, once that is whole: what trailers add later does not count
  bool has_head = false;
  bool asked_to_continue = false;
  State state = State::need_more;
  Response refusal;
};

void RequestReader::Impl::restart() {
  parser.emplace();
  parser->header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
  parser->body_limit(limits.body_bytes_max);
  request = {};
  has_head = asked_to_continue = false;
  state = State::need_more;
}

State RequestReader::Impl::fail(Response response) {
  refusal = std::move(response);
  return state = State::failed;
}

State RequestReader::Impl::advance() {
  while (!parser->got_some() && bytes.starts_with("\r\n")) bytes.erase(0, 2);
  if (!parser->got_some() && !bytes.empty() && is_foreign(bytes.front()))
    return fail(problem(400, "this is not a request of HTTP/1.1; this port speaks plain HTTP"));
  while (!bytes.empty() && !parser->is_done()) {
    boost::system::error_code error;
    const auto used = parser->put(boost::asio::buffer(bytes), error);
    bytes.erase(0, used);
    if (parser->is_header_done() && !has_head) {
      if (auto refused = read_head()) return fail(std::move(*refused));
      parser->eager(true); // not before: the parser would mix trailers into the headers
    }
    if (error == beast::error::need_more) break;
    if (error) return fail(refusal_of(error, limits));
  }
  if (parser->is_done()) return state = State::complete;
  if (bytes.size() > limits.header_bytes_max) // a chunk's header without an end
    return fail(refusal_of(beast::error::header_limit, limits));
  const bool waits = has_head && !asked_to_continue && bytes.empty() &&
                     lower(request.header("expect").value_or("")) == "100-continue";
  asked_to_continue = asked_to_continue || waits;
  return state = waits ? State::wants_continue : State::need_more;
}

/// The method, the target and the headers, checked; what is wrong with them.
std::optional<Response> RequestReader::Impl::read_head() {
  has_head = true;
  const auto& head = parser->get();
  request.method = text_of(head.method_string());
  request.target = text_of(head.target());
  for (const auto& field : head)
    request.headers.emplace_back(lower(text_of(field.name_string())), text_of(field.value()));
  auto target = parse_target(request.target);
  if (!target)
    return problem(400, "the request's target '" + request.target +
                            "' is not a path with an optional query, percent-encoded UTF-8");
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  const auto hosts = std::ranges::count(request.headers, "host", &Fields::value_type::first);
  if (hosts > 1 || (hosts == 0 && head.version() >= 11))
    return problem(400, "expected one Host header, got " + std::to_string(hosts));
  const auto coding = request.header("transfer-encoding");
  if (coding && lower(*coding) != "chunked")
    return problem(501, "the only transfer coding here is chunked");
  const auto expect = request.header("expect");
  if (expect && lower(*expect) != "100-continue")
    return problem(417, "the only expectation met here is 100-continue");
  return std::nullopt;
}

RequestReader::RequestReader(ReaderLimits limits) : impl_{std::make_unique<Impl>(limits)} {}
RequestReader::~RequestReader() = default;

State RequestReader::feed(std::string_view bytes) {
  assert(impl_->state != State::failed);
  impl_->bytes += bytes;
  return impl_->state == State::complete ? State::complete : impl_->advance();
}

State RequestReader::end() {
  if (impl_->state == State::complete || impl_->state == State::failed || !started())
    return impl_->state;
  return impl_->fail(problem(400, "the request ended in the middle"));
}

State RequestReader::next() {
  impl_->restart();
  return impl_->advance();
}

bool RequestReader::started() const { return impl_->parser->got_some() || !impl_->bytes.empty(); }

Request RequestReader::take() {
  assert(impl_->state == State::complete);
  impl_->request.body = std::move(impl_->parser->get().body());
  return std::move(impl_->request);
}

bool RequestReader::keep_alive() const { return impl_->parser->get().keep_alive(); }
bool RequestReader::is_http_1_0() const { return impl_->parser->get().version() == 10; }
bool RequestReader::head_only() const { return impl_->parser->get().method() == beast::verb::head; }
const Response& RequestReader::refusal() const { return impl_->refusal; }

} // namespace troupe::http
