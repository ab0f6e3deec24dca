#include "net/http/exchange.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include "runtime/log.hpp"
#include "runtime/utf8.hpp"

namespace troupe::http {
namespace {

/// A label must not take whatever word a client sends.
std::string_view method_label(std::string_view method) {
  constexpr std::array<std::string_view, 8> known{"GET",    "HEAD",  "POST",    "PUT",
                                                  "DELETE", "PATCH", "OPTIONS", "none"};
  return std::ranges::find(known, method) == known.end() ? "other" : method;
}

} // namespace

Exchange::Exchange(Service& service, std::string peer)
    : service_{service},
      id_{service.id_prefix + std::to_string(++service.exchanges)},
      peer_{std::move(peer)} {}

void Exchange::serve(Request request, const Answer& answer) {
  method_ = request.method;
  path_ = request.path;
  if (auto refused = refuse_foreign(request, service_.rules)) return answer(std::move(*refused));
  auto match = service_.router.find(request.method, request.path);
  if (!match.pattern.empty()) route_ = match.pattern;
  if (!match.handler) return answer(match.refusal(request.path));
  request.path_values = std::move(match.path_values);
  try {
    (*match.handler)(std::move(request), answer);
  } catch (const std::exception& e) {
    log::error("http.handler_threw", {{"request", id_}, {"route", route_}, {"error", e.what()}});
    answer(problem(500, "the server failed to answer this request"));
  }
}

std::string Exchange::end(const Response& response, Framing framing) {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
  if (auto* metrics = service_.options.metrics) {
    metrics->add(requests_total, {{"method", method_label(method_)},
                                  {"route", route_},
                                  {"status", std::to_string(response.status)}});
    metrics->observe(request_seconds, {{"route", route_}}, took.count());
  }
  log::debug("http.request", {{"request", id_},
                              {"peer", peer_},
                              {"method", method_},
                              {"path", clean_utf8(path_)}, // text from outside
                              {"status", response.status},
                              {"bytes", response.body.size()},
                              {"ms", took.count() * 1000}});
  framing.request_id = id_;
  return write_response(response, framing, service_.clock.now());
}

} // namespace troupe::http
