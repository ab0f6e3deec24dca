#include "toolkits/artifact_transfer.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/artifact/byte_range.hpp"
#include "runtime/hash.hpp"
#include "runtime/json_value.hpp"
#include "toolkits/waiting.hpp"

namespace troupe::toolkits {
namespace {

constexpr Millis between_rounds{200};

/// What a node said, in its own words.
std::string detail_of(const ports::HttpResponse& response) {
  const auto body = read_json(response.body);
  const auto* object = body ? body->if_object() : nullptr;
  const auto* detail = object ? object->if_contains("detail") : nullptr;
  if (detail && detail->is_string()) return std::string{detail->get_string()};
  return "the node answered " + std::to_string(response.status);
}

Error refusal(const ports::HttpResponse& response) {
  const auto is = response.status == 401 || response.status == 403 ? ErrorClass::denied
                  : response.status == 413                         ? ErrorClass::budget_exceeded
                                                                   : ErrorClass::tool_failed;
  return make_error(is, detail_of(response));
}

bool is_good(const ports::HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

/// Of how many bytes this is a part; nothing if it does not say.
std::optional<std::uint64_t> whole_of(const ports::HttpResponse& response) {
  for (const auto& [name, value] : response.headers)
    if (name == "content-range")
      if (const auto range = artifact::parse_content_range(value)) return range->whole;
  return std::nullopt;
}

} // namespace

Result<ports::HttpResponse> ArtifactTransfer::ask(ports::HttpRequest request,
                                                  const std::stop_token& stop) const {
  const Deadline deadline{patience_};
  const auto path = request.url;
  request.headers.emplace_back("Authorization", "Bearer " + access_.token);
  request.body_bytes_max = limits::artifact_part_bytes_max;
  std::string why = "no orchestrator node with HTTP is known";
  do {
    for (const auto& url : access_.urls) {
      request.url = url + path;
      request.timeout = std::max(deadline.left(), Millis{1'000});
      auto response = http_->send(request, stop);
      if (!response && response.error().error_class == ErrorClass::cancelled)
        return response.error();
      if (response && response->status < 500) return response;
      why = response ? url + ": " + detail_of(*response) : response.error().message;
    }
    if (!pause(stop, deadline.at_most(between_rounds)))
      return make_error(ErrorClass::cancelled, "moving an artifact was stopped");
  } while (!deadline.passed());
  return make_error(ErrorClass::no_capacity, "the artifact could not be moved: " + why);
}

Result<artifact::Reference> ArtifactTransfer::put(std::string_view content, std::string type,
                                                  std::stop_token stop) const {
  const artifact::Reference reference{sha256_hex(content), content.size(), std::move(type)};
  std::uint64_t from = 0;
  do {
    ports::HttpRequest request;
    request.method = "PUT";
    request.url = "/v1/artifacts/" + artifact::name_of(reference.hash);
    request.body = content.substr(from, limits::artifact_part_bytes_max);
    request.headers = {{"Content-Type", reference.type}};
    if (content.size() > request.body.size())
      request.headers.emplace_back(
          "Content-Range",
          to_string(artifact::ContentRange{from, request.body.size(), content.size()}));
    from += request.body.size();
    const auto response = ask(std::move(request), stop);
    if (!response) return response.error();
    if (!is_good(*response)) return refusal(*response);
    if (response->status == 201) return reference;
  } while (from < content.size());
  return make_error(ErrorClass::tool_failed, "the node misses parts that it was sent");
}

Result<std::string> ArtifactTransfer::get(const std::string& hash, std::size_t bytes_max,
                                          std::stop_token stop) const {
  std::string content;
  std::uint64_t whole = 0;
  do {
    ports::HttpRequest request;
    request.url = "/v1/artifacts/" + artifact::name_of(hash);
    const artifact::ByteRange wanted{content.size(),
                                     content.size() + limits::artifact_part_bytes_max - 1};
    request.headers = {{"Range", to_string(wanted)}};
    auto response = ask(std::move(request), stop);
    if (!response) return response.error();
    if (!is_good(*response)) return refusal(*response);
    content += response->body;
    whole = whole_of(*response).value_or(content.size());
    if (whole > bytes_max)
      return make_error(ErrorClass::tool_failed,
                        artifact::name_of(hash) + " has " + std::to_string(whole) +
                            " bytes, more than the bound of " + std::to_string(bytes_max));
    if (response->body.empty()) break;
  } while (content.size() < whole);
  if (sha256_hex(content) != hash)
    return make_error(ErrorClass::tool_failed,
                      "what came as " + artifact::name_of(hash) + " has another hash");
  return content;
}

Result<JsonText> put_result(const ToolSpec& tool, JsonText result,
                            const std::optional<message::ArtifactAccess>& access,
                            const std::shared_ptr<ports::HttpClient>& http, std::stop_token stop) {
  const auto bytes = result.text.size();
  auto put =
      put_if_large(std::move(result), limits::tool_output_bytes_max, access, http, std::move(stop));
  if (put && put->text.size() <= limits::tool_output_bytes_max) return put;
  // What must not happen twice is not tried again.
  const auto is =
      tool.effect == Effect::once ? ErrorClass::budget_exceeded : ErrorClass::tool_failed;
  return make_error(is, tool.name + " was carried out, but its output of " + std::to_string(bytes) +
                            " bytes could not be kept as an artifact: " +
                            (put ? "no orchestrator node has told where" : put.error().message));
}

Result<JsonText> put_if_large(JsonText value, std::size_t inline_max,
                              const std::optional<message::ArtifactAccess>& access,
                              const std::shared_ptr<ports::HttpClient>& http,
                              std::stop_token stop) {
  if (value.text.size() <= inline_max || !access || !http) return value;
  const ArtifactTransfer transfer{http, *access};
  const auto reference = transfer.put(value.text, "application/json", std::move(stop));
  if (!reference) return reference.error();
  return artifact::to_json(*reference);
}

} // namespace troupe::toolkits
