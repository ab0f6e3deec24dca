#include "net/http/client.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <vector>

#include "net/http/curl.hpp"
#include "runtime/clock.hpp"

namespace troupe::http {
namespace {

using Url = std::unique_ptr<CURLU, Closer<&curl_url_cleanup>>;

/// An easy handle in a multi of its own: the multi can be woken, and keeps the connections.
struct Handle {
  Easy easy{curl_easy_init()};
  Multi multi{curl_multi_init()};
};

Error invalid(std::string text) { return make_error(ErrorClass::invalid_input, std::move(text)); }

bool is_token(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](unsigned char c) {
    return std::isalnum(c) || others.find(static_cast<char>(c)) != others.npos;
  });
}

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::string part_of(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string copy{text};
  curl_free(text);
  return copy;
}

/// What errors call it: no user, no password, no query.
struct Target {
  std::string shown, host;
};

Result<Target> parse_target(const std::string& text) {
  const Url url{curl_url()};
  const auto status = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
  const auto scheme = part_of(url.get(), CURLUPART_SCHEME);
  const auto host = part_of(url.get(), CURLUPART_HOST);
  if (status != CURLUE_OK || !is_one_line(text) || host.empty() ||
      (scheme != "http" && scheme != "https")) {
    const auto shown = text.substr(0, text.find('?'));
    return invalid("'" + (shown.find('@') == shown.npos ? shown : std::string{"the URL"}) +
                   "' cannot be asked: expected http:// or https:// and a host");
  }
  const auto port = part_of(url.get(), CURLUPART_PORT);
  return Target{
      scheme + "://" + host + (port.empty() ? "" : ":" + port) + part_of(url.get(), CURLUPART_PATH),
      host};
}

Result<> check(const ports::HttpRequest& request) {
  if (!is_token(request.method)) return invalid("'" + request.method + "' is not a method of HTTP");
  for (const auto& [name, value] : request.headers)
    if (!is_token(name) || !is_one_line(value))
      return invalid("the header '" + name + "' cannot be sent: expected a name and one line");
  return {};
}

/// One exchange, as the callbacks of libcurl see it.
struct Exchange {
  std::size_t bytes_max;
  ports::HttpResponse response;

  static std::size_t take_body(char* data, std::size_t, std::size_t size, void* self) {
    auto& exchange = *static_cast<Exchange*>(self);
    auto& body = exchange.response.body;
    const auto room = exchange.bytes_max - body.size();
    body.append(data, std::min(size, room));
    exchange.response.truncated = size > room;
    return exchange.response.truncated ? 0 : size; // 0 ends it
  }

  static std::size_t take_header(char* data, std::size_t, std::size_t size, void* self) {
    auto& headers = static_cast<Exchange*>(self)->response.headers;
    const std::string_view line{data, size};
    if (line.starts_with("HTTP/")) headers.clear(); // of an interim answer or a redirect
    if (auto header = read_header_line(line)) headers.push_back(std::move(*header));
    return size;
  }
};

/// Loopback is never asked through a proxy.
std::string proxy_exceptions() {
  const char* set = std::getenv("no_proxy");
  if (!set) set = std::getenv("NO_PROXY");
  return std::string{set && *set ? std::string{set} + "," : ""} + "localhost,127.0.0.1,::1";
}

void set_method(CURL* easy, const ports::HttpRequest& request) {
  if (request.method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  const bool post = request.method == "POST";
  if (!request.body.empty() || post) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  }
  // Not for POST: a redirect may turn it into GET.
  if (!post) curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void set_options(CURL* easy, const ports::HttpRequest& request, const ClientOptions& options,
                 Exchange& exchange, char* error_text) {
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(std::max<Millis::rep>(request.timeout.count(), 1)));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); // do not wait for the resolver when stopped
  curl_easy_setopt(easy, CURLOPT_NOPROXY, proxy_exceptions().c_str());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Exchange::take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Exchange::take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  set_method(easy, request);
}

/// Nothing when it was stopped.
std::optional<CURLcode> perform(Handle& handle, const std::stop_token& stop) {
  const std::stop_callback wake{stop, [&] { curl_multi_wakeup(handle.multi.get()); }};
  int running = 1;
  while (running > 0) {
    if (stop.stop_requested()) return std::nullopt;
    if (curl_multi_perform(handle.multi.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
    if (running > 0) curl_multi_poll(handle.multi.get(), nullptr, 0, 1000, nullptr);
  }
  int left = 0;
  const CURLMsg* message = curl_multi_info_read(handle.multi.get(), &left);
  return message ? message->data.result : CURLE_FAILED_INIT;
}

/// What went wrong, in plain words.
Error explain(CURLcode code, CURL* easy, const Target& target, Millis timeout,
              const char* error_text) {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  const std::string system = number != 0 ? std::strerror(static_cast<int>(number)) : "";
  const std::string detail = *error_text ? error_text : curl_easy_strerror(code);
  const auto failed = [](std::string text) {
    return make_error(ErrorClass::tool_failed, std::move(text));
  };
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return make_error(ErrorClass::timeout,
                        "no answer from " + target.shown + " within " + format_duration(timeout));
    case CURLE_COULDNT_RESOLVE_HOST:
      return failed("the name " + target.host + " is unknown, asking " + target.shown);
    case CURLE_COULDNT_CONNECT:
      return failed("cannot connect to " + target.shown + ": " + (number ? system : detail));
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
      return failed("no secure connection to " + target.shown + ": " + detail);
    case CURLE_GOT_NOTHING:
      return failed(target.shown + " closed the connection without an answer");
    case CURLE_PARTIAL_FILE:
      return failed("the answer of " + target.shown + " broke off before its end");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return failed(target.shown + " answered something that is not HTTP");
    case CURLE_TOO_MANY_REDIRECTS: return failed(target.shown + " redirected more than five times");
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return failed("the connection to " + target.shown + " broke: " + (number ? system : detail));
    default: return failed("asking " + target.shown + " failed: " + detail);
  }
}

class Client final : public ports::HttpClient {
 public:
  explicit Client(ClientOptions options) : options_{std::move(options)} { start_curl(); }

  Result<ports::HttpResponse> send(const ports::HttpRequest& request,
                                   std::stop_token stop) override;

 private:
  Handle take();
  void give_back(Handle handle);

  ClientOptions options_;
  std::mutex mutex_;
  std::vector<Handle> idle_;
};

Result<ports::HttpResponse> Client::send(const ports::HttpRequest& request, std::stop_token stop) {
  const auto target = parse_target(request.url);
  if (!target) return target.error();
  if (auto checked = check(request); !checked) return checked.error();

  const auto start = std::chrono::steady_clock::now();
  auto handle = take();
  char error_text[CURL_ERROR_SIZE] = {};
  Exchange exchange{request.body_bytes_max, {}};
  const auto headers = header_list(request.headers, !request.body.empty());
  set_options(handle.easy.get(), request, options_, exchange, error_text);
  curl_easy_setopt(handle.easy.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_multi_add_handle(handle.multi.get(), handle.easy.get());
  const auto code = perform(handle, stop);
  curl_multi_remove_handle(handle.multi.get(), handle.easy.get());

  if (!code) return make_error(ErrorClass::cancelled, "asking " + target->shown + " was stopped");
  if (*code != CURLE_OK && !exchange.response.truncated)
    return explain(*code, handle.easy.get(), *target, request.timeout, error_text);
  long status = 0;
  curl_easy_getinfo(handle.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  exchange.response.status = static_cast<int>(status);
  exchange.response.duration =
      std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start);
  give_back(std::move(handle));
  return std::move(exchange.response);
}

Handle Client::take() {
  const std::lock_guard lock{mutex_};
  if (idle_.empty()) return {};
  auto handle = std::move(idle_.back());
  idle_.pop_back();
  return handle;
}

void Client::give_back(Handle handle) {
  curl_easy_reset(handle.easy.get());
  const std::lock_guard lock{mutex_};
  if (idle_.size() < options_.idle_connections_max) idle_.push_back(std::move(handle));
}

} // namespace

std::unique_ptr<ports::HttpClient> make_client(ClientOptions options) {
  return std::make_unique<Client>(std::move(options));
}

} // namespace troupe::http
