#include "ops/cli/keys/users_file.hpp"

namespace troupe::cli {
namespace {

// Far above what a request waits for its answer (75 s, of a tool), and above the answers to one
// question: a node answers service discovery once for each of its services.
constexpr const char* answers = "      allow_responses: { max: 256, expires: \"5m\" }\n";

std::string quoted(const std::vector<std::string>& subjects) {
  std::string text;
  for (const auto& subject : subjects) text += "        \"" + subject + "\"\n";
  return text;
}

/// To nats-server an empty list of what is allowed would mean everything.
std::string rule(const std::string& verb, const std::vector<std::string>& subjects) {
  if (subjects.empty()) return "      " + verb + ": { deny: \">\" }\n";
  return "      " + verb + ": { allow: [\n" + quoted(subjects) + "      ] }\n";
}

std::string user(const std::string& cluster, const KeyHolder& holder, const AcceptedKey& key) {
  const auto permissions = keys::permissions_of(cluster, holder.member);
  std::string text = "    # " + holder.member.node + ':';
  for (const auto role : holder.member.roles) text += ' ' + std::string{keys::to_string(role)};
  return text + ", since " + to_iso8601(key.made_at) + "\n    { nkey: " + key.public_key +
         ", permissions: {\n" + rule("publish", permissions.publish) +
         rule("subscribe", permissions.subscribe) + (permissions.answers ? answers : "") +
         "    } }\n";
}

} // namespace

std::string users_file(const std::string& cluster, const std::vector<KeyHolder>& holders) {
  std::string text =
      "# Written by `troupe keys`; what is changed in here is lost.\n"
      "authorization {\n  users: [\n";
  for (const auto& holder : holders)
    for (const auto& key : holder.keys) text += user(cluster, holder, key);
  return text + "  ]\n}\n";
}

} // namespace troupe::cli
