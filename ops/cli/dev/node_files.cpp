#include "ops/cli/dev/node_files.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"
#include "runtime/config/files.hpp"
#include "runtime/config/settings.hpp"

namespace troupe::dev {

using cli::ExitCode;
using cli::Failure;
namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

/// "${file:secret}" -> "${file:/etc/troupe/secret}": the generated file stands elsewhere. `$${` is
/// a plain `${` and stays one.
std::string with_absolute_references(const std::string& text, const std::string& config_file) {
  constexpr std::string_view opening = "${file:";
  std::string result;
  std::size_t from = 0;
  for (std::size_t at; (at = text.find(opening, from)) != std::string::npos;) {
    std::size_t path = at + opening.size(), end = text.find('}', path);
    if (end == std::string::npos) break;
    bool escaped = at > 0 && text[at - 1] == '$';
    result.append(text, from, path - from);
    std::string named = text.substr(path, end - path);
    result += escaped ? named : config::resolve(config_file, named);
    from = end;
  }
  return result + text.substr(from);
}

void make_absolute(json::value& value, const std::string& config_file) {
  if (auto* string = value.if_string()) {
    *string = with_absolute_references({string->data(), string->size()}, config_file);
  } else if (auto* array = value.if_array()) {
    for (json::value& item : *array) make_absolute(item, config_file);
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) make_absolute(member.value(), config_file);
  }
}

json::object built_in_settings() {
  std::string configs = cli::configs_folder();
  if (configs.empty())
    throw Failure{ExitCode::no_input,
                  "the configurations that come with Troupe are not beside the binary; name their "
                  "folder with TROUPE_CONFIGS, or give settings with --config"};
  std::vector<std::string> teams;
  for (const auto& entry : fs::directory_iterator{configs + "/teams"})
    if (entry.path().extension() == ".yaml") teams.push_back(entry.path().string());
  std::sort(teams.begin(), teams.end());
  json::array team_list(teams.begin(), teams.end());
  return {{"teams", team_list},
          {"toolkits",
           {{"probe", {{"allow", json::array{"127.0.0.1"}}}}, {"workspace", json::object{}}}}};
}

} // namespace

json::object shared_settings(const std::string& config_file) {
  if (config_file.empty()) return built_in_settings();
  std::string text = cli::read_input(config_file, "the settings");
  config::SettingsResult settings = config::parse_settings(config_file, text);
  if (!settings.faults.empty())
    throw Failure{ExitCode::bad_configuration,
                  "the settings have faults\n" + plan::render(settings.faults, config_file)};
  json::value value = json::parse(plan::read_source(config_file, text).source.root.to_json().text);
  make_absolute(value, config_file);
  json::object shared = value.is_object() ? value.as_object() : json::object{};
  const auto& teams = settings.settings.team_files;
  shared["teams"] = json::array(teams.begin(), teams.end());
  return shared;
}

json::object node_settings(json::object shared, const NodePlace& place) {
  bool orchestrator = !place.postgres.empty();
  auto section = [&](const char* name) -> json::object& {
    json::value& value = shared[name];
    if (!value.is_object()) value = json::object{};
    return value.as_object();
  };
  json::object& node = section("node");
  node["name"] = place.name;
  node["orchestrator"] = orchestrator;
  node["agent"] = !orchestrator;
  node["drain"] = "2s"; // who stops a dev does not want to wait
  section("nats")["url"] = place.nats;
  section("log").erase("file"); // their standard error goes to a file each
  shared["data_dir"] = place.data_dir;
  if (orchestrator) {
    section("postgres")["url"] = place.postgres;
    section("http")["listen"] = place.listen;
  } else {
    shared.erase("postgres");
    shared.erase("http");
  }
  return shared;
}

} // namespace troupe::dev
