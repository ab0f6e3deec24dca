#include "net/http/api_process.hpp"

#include <boost/json.hpp>

#include "net/http/api_answers.hpp"

namespace troupe::http {

namespace json = boost::json;

void add_process(Router& router, const ApiOptions& options, Endpoints endpoints) {
  json::object names;
  for (const auto& [endpoint, meaning] : endpoints) names[endpoint] = meaning;
  const json::object index{{"service", "troupe"},
                           {"node", options.node},
                           {"version", options.version},
                           {"endpoints", std::move(names)}};
  const auto says = [](std::string text) {
    return [text = std::move(text)](Request, Answer answer) { answer(found(text)); };
  };
  router.on("GET", "/", says(json::serialize(index)));
  router.on("GET", "/healthz", says(R"({"status":"ok"})"));
  router.on("GET", "/metrics", [metrics = options.metrics](Request, Answer answer) {
    answer({200, metrics(), "text/plain; version=0.0.4; charset=utf-8"});
  });
}

Response readiness(const std::string& object, std::string_view why_not) {
  if (why_not.empty()) return {200, object};
  auto response = problem(503, why_not, {{"Retry-After", "1"}});
  auto merged = json::parse(response.body).as_object();
  const auto members = json::parse(object);
  for (const auto& [key, value] : members.as_object()) merged[key] = value;
  response.body = json::serialize(merged);
  return response;
}

} // namespace troupe::http
