#include "net/keys/permissions.hpp"

#include <algorithm>
#include <array>

#include "runtime/intake/event_stream.hpp"
#include "runtime/ports/bus.hpp"

namespace troupe::keys {
namespace {

constexpr std::array<std::string_view, std::size(all_roles)> names{
    "orchestrator", "agent", "tool", "gateway", "injector", "viewer"};

class Cut {
 public:
  Cut(const std::string& cluster, const Member& member)
      : prefix_{"troupe." + cluster + '.'},
        stream_{intake::event_stream_name(cluster)},
        member_{member} {}

  Permissions all() {
    for (const auto role : member_.roles) add(role);
    return std::move(out_);
  }

 private:
  void add(Role role) {
    switch (role) {
      case Role::orchestrator: return orchestrator();
      case Role::agent: return agent();
      case Role::tool: return tool();
      case Role::gateway: return gateway();
      case Role::injector: return injector();
      case Role::viewer: return viewer();
    }
  }

  void orchestrator() {
    node();
    hear({"run." + member_.node, "hb.all", "hb.limits"});
    hear("whois.any", " orchestrators");
    say({"task.*", "ctl.*", "tool.*", "run.*", "whois.any", "hb.limits", "evt.*"});
    publish("$SRV.>");
    drain_injected();
  }

  void agent() {
    node();
    hear({"task." + member_.node, "ctl." + member_.node});
    say({"run.*", "whois.any", "tool.*"});
    be_discovered("troupe-agent");
    if (!member_.toolkits.empty()) tool();
  }

  void tool() {
    node();
    hear({"ctl." + member_.node, "hb.limits"});
    say({"run.*", "whois.any", "hb.limits"});
    for (const auto& toolkit : member_.toolkits) {
      hear("tool." + toolkit, " tool_servers");
      hear({"tool." + toolkit + "-at-" + member_.node, "tool." + toolkit + "-all"});
      be_discovered("troupe-tool-" + toolkit);
    }
  }

  void gateway() {
    node();
    hear({"hb.all"});
    say({"in.*"});
  }

  void injector() {
    own_inbox(); // for the acknowledgement that the event is kept
    for (const auto& source : member_.sources) say({"in." + source});
  }

  void viewer() { hear({"hb.*", "evt.*"}); }

  /// What every node does that is one: heartbeats, requests, answers.
  void node() {
    own_inbox();
    out_.answers = true;
    say({"hb.all"});
  }

  /// It makes the stream if nobody has, and reads it; it cannot delete anything.
  void drain_injected() {
    publish("$JS.API.INFO");
    for (const auto* call : {"CREATE.", "UPDATE.", "INFO."})
      publish("$JS.API.STREAM." + std::string{call} + stream_);
    for (const auto* call : {"CREATE.", "DURABLE.CREATE.", "INFO.", "MSG.NEXT."})
      publish("$JS.API.CONSUMER." + std::string{call} + stream_ + ".>");
    publish("$JS.ACK." + stream_ + ".>");
  }

  void be_discovered(const std::string& service) {
    for (const auto& of : {std::string{}, '.' + service, '.' + service + ".*"})
      add(out_.subscribe, "$SRV.*" + of);
  }

  void own_inbox() { add(out_.subscribe, ports::inbox_of(member_.node) + ".>"); }

  void hear(const std::vector<std::string>& targets) {
    for (const auto& target : targets) hear(target, "");
  }
  void hear(const std::string& target, std::string_view queue_group) {
    add(out_.subscribe, prefix_ + target + ".*" + std::string{queue_group});
  }
  void say(const std::vector<std::string>& targets) {
    for (const auto& target : targets) publish(prefix_ + target + '.' + member_.node);
  }
  void publish(const std::string& subject) { add(out_.publish, subject); }

  static void add(std::vector<std::string>& list, const std::string& subject) {
    if (std::ranges::find(list, subject) == list.end()) list.push_back(subject);
  }

  std::string prefix_, stream_;
  const Member& member_;
  Permissions out_;
};

} // namespace

std::string_view to_string(Role role) { return names[static_cast<std::size_t>(role)]; }

std::optional<Role> parse_role(std::string_view text) {
  for (const auto role : all_roles)
    if (to_string(role) == text) return role;
  return std::nullopt;
}

Permissions permissions_of(const std::string& cluster, const Member& member) {
  return Cut{cluster, member}.all();
}

} // namespace troupe::keys
