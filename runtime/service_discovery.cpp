// The subjects are $SRV.<verb>, $SRV.<verb>.<name> and $SRV.<verb>.<name>.<id>; the verbs PING,
// INFO and STATS. An answer has the standard fields, and those of its verb:
//   {"type":"io.nats.micro.v1.stats_response","name":..,"id":..,"version":..,"metadata":{..},
//    "started":"..","endpoints":[{"name":..,"subject":..,"queue_group":..,"num_requests":..,..}]}
#include "runtime/service_discovery.hpp"

#include <boost/json.hpp>

namespace troupe {
namespace {

namespace json = boost::json;

constexpr std::string_view prefix = "$SRV.";

json::object texts(const std::map<std::string, std::string>& of) {
  json::object out;
  for (const auto& [key, value] : of) out[key] = value;
  return out;
}

json::object standard_fields(const Service& service, std::string_view type) {
  return {{"type", std::string{"io.nats.micro.v1."}.append(type)},
          {"name", service.name},
          {"id", service.id},
          {"version", service.version},
          {"metadata", texts(service.metadata)}};
}

json::object address_of(const ServiceEndpoint& endpoint) {
  return {{"name", endpoint.name},
          {"subject", endpoint.subject},
          {"queue_group", endpoint.queue_group}};
}

json::object info(const Service& service) {
  auto out = standard_fields(service, "info_response");
  out["description"] = service.description;
  auto& endpoints = out["endpoints"].emplace_array();
  for (const auto& endpoint : service.endpoints) {
    auto shown = address_of(endpoint);
    shown["metadata"] = texts(endpoint.metadata);
    endpoints.emplace_back(std::move(shown));
  }
  return out;
}

void add_count(json::object& to, const ServiceCount& count) {
  const auto took = static_cast<std::uint64_t>(count.processing.count());
  to["num_requests"] = count.requests;
  to["num_errors"] = count.errors;
  to["last_error"] = count.last_error;
  to["processing_time"] = took;
  to["average_processing_time"] = count.requests == 0 ? 0 : took / count.requests;
}

json::object stats(const Service& service, const std::vector<ServiceCount>& counts) {
  auto out = standard_fields(service, "stats_response");
  out["started"] = to_iso8601(service.started);
  auto& endpoints = out["endpoints"].emplace_array();
  for (std::size_t i = 0; i < service.endpoints.size(); ++i) {
    auto shown = address_of(service.endpoints[i]);
    add_count(shown, i < counts.size() ? counts[i] : ServiceCount{});
    endpoints.emplace_back(std::move(shown));
  }
  return out;
}

/// What is asked, if the rest of the subject means this service: "PING" of "$SRV.PING.tool".
std::string_view verb_in(const Service& service, std::string_view subject) {
  if (!subject.starts_with(prefix)) return {};
  subject.remove_prefix(prefix.size());
  const auto verb = subject.substr(0, subject.find('.'));
  const auto who = subject.substr(verb.size());
  const auto of_kind = '.' + service.name;
  const bool meant = who.empty() || who == of_kind || who == of_kind + '.' + service.id;
  return meant ? verb : std::string_view{};
}

} // namespace

std::vector<std::string> discovery_patterns(const Service& service) {
  const auto any = std::string{prefix} + '*';
  return {any, any + '.' + service.name, any + '.' + service.name + '.' + service.id};
}

std::optional<std::string> discovery_answer(const Service& service, std::string_view subject,
                                            const std::vector<ServiceCount>& counts) {
  const auto verb = verb_in(service, subject);
  if (verb == "PING") return json::serialize(standard_fields(service, "ping_response"));
  if (verb == "INFO") return json::serialize(info(service));
  if (verb == "STATS") return json::serialize(stats(service, counts));
  return std::nullopt;
}

} // namespace troupe
