// Artifacts to and from orchestrator nodes, over HTTP, as the executor of an attempt.
#pragma once
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "runtime/artifact/reference.hpp"
#include "runtime/artifact_limits.hpp"
#include "runtime/message/agent_message.hpp"
#include "runtime/ports/http_client.hpp"
#include "runtime/result.hpp"
#include "toolkits/toolkit.hpp"

namespace troupe::toolkits {

/// Any of the nodes will do: one that cannot be reached, or cannot answer now, is passed over, and
/// all are tried again for `patience`. Every call blocks, and returns soon after `stop` is
/// requested. Errors: denied: the attempt is over, or the token's time; budget_exceeded: a bound of
/// runtime/artifact_limits.hpp; no_capacity: nobody could be reached; cancelled: `stop`;
/// tool_failed: what else a node said.
class ArtifactTransfer {
 public:
  ArtifactTransfer(std::shared_ptr<ports::HttpClient> http, message::ArtifactAccess access,
                   Millis patience = limits::artifact_patience)
      : http_{std::move(http)}, access_{std::move(access)}, patience_{patience} {}

  Result<artifact::Reference> put(std::string_view content, std::string type,
                                  std::stop_token stop) const;
  /// Checked against its hash; one of more than `bytes_max` is refused, tool_failed.
  Result<std::string> get(const std::string& hash, std::size_t bytes_max,
                          std::stop_token stop) const;

 private:
  Result<ports::HttpResponse> ask(ports::HttpRequest request, const std::stop_token& stop) const;

  std::shared_ptr<ports::HttpClient> http_;
  message::ArtifactAccess access_;
  Millis patience_;
};

/// The result of a tool's call, as a message can carry it: put_if_large of limits::
/// tool_output_bytes_max. tool_failed, or budget_exceeded of a `once` tool: it is too large and
/// cannot be put; the text says that the call was carried out.
Result<JsonText> put_result(const ToolSpec& tool, JsonText result,
                            const std::optional<message::ArtifactAccess>& access,
                            const std::shared_ptr<ports::HttpClient>& http, std::stop_token stop);

/// The result of a tool or a step: as it is if it is no larger than `inline_max`, else put as an
/// artifact, and its reference. Without `access` to put it, it stays as it is.
Result<JsonText> put_if_large(JsonText value, std::size_t inline_max,
                              const std::optional<message::ArtifactAccess>& access,
                              const std::shared_ptr<ports::HttpClient>& http, std::stop_token stop);

} // namespace troupe::toolkits
