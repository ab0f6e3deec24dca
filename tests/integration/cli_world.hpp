// The sub-commands against a running dev, as a person or a script types them.
#pragma once
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/troupe_process.hpp"

namespace troupe::test {

using support::TroupeProcess;

inline const std::string source = support::source_folder();

/// One dev for all cases, found by the commands through its state file.
struct Cluster {
  support::TemporaryFolder data, state;
  std::unique_ptr<TroupeProcess> dev;

  Cluster() {
    std::ofstream{data.path() / "settings.json"} << boost::json::serialize(boost::json::object{
        {"teams", boost::json::array{team()}},
        {"toolkits",
         {{"service",
           {{"services",
             {{"ghost",
               {{"start", boost::json::array{"/bin/false"}}, {"pid_file", "/nonexistent/pid"}}}}}}},
          {"probe", {{"allow", boost::json::array{"127.0.0.1"}}}},
          {"logs", {{"files", {{"ghost", "/nonexistent/log"}}}}},
          {"prometheus", {{"url", "http://127.0.0.1:9"}}},
          {"alertmanager", {{"url", "http://127.0.0.1:9"}}},
          {"ledger", {{"file", ledger()}}},
          {"workspace", boost::json::object{}}}}});
    dev = std::make_unique<TroupeProcess>(
        std::vector<std::string>{"dev", "--json", "--data", data.path() / "dev", "--listen",
                                 "127.0.0.1:0", "--config", data.path() / "settings.json"},
        environment());
    BOOST_TEST_REQUIRE(dev->ready_line().has_value(), *dev);
  }
  std::string ledger() const { return data.path() / "ledger.jsonl"; }
  support::TroupeOptions environment() const {
    return {std::nullopt, {{"XDG_RUNTIME_DIR", state.path()}}, {}};
  }
  /// The team that heals, with a schedule beside, and a role that keeps things.
  std::string team() const {
    std::ifstream file{source + "/configs/teams/incident-response.yaml"};
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    for (auto at = text.find(" ../"); at != std::string::npos; at = text.find(" ../", at))
      text.replace(at, 4, " " + source + "/configs/");
    const std::string roles = "\nroles:\n";
    text.insert(text.find(roles) + roles.size(),
                "  keeper: { kind: native, agent: validator, tools: [ledger.*, workspace.*] }\n");
    return plan("team.yaml",
                text +
                    "schedules:\n"
                    "  - { id: yearly, cron: 0 12 1 1 *, zone: Asia/Tokyo, plan: "
                    "service-check, inputs: { service: ghost }, labels: { kind: yearly } }\n");
  }
  std::string plan(const char* name, const std::string& text) const {
    std::filesystem::path path = data.path() / name;
    std::ofstream{path} << text;
    return path;
  }
};

inline Cluster& cluster() {
  static Cluster the;
  return the;
}

struct Answer {
  int code;
  std::string text;

  boost::json::value parsed() const {
    boost::json::error_code error;
    boost::json::value value = boost::json::parse(text, error);
    BOOST_TEST_REQUIRE(!error, text);
    return value;
  }
  bool says(const std::string& words) const { return text.find(words) != std::string::npos; }
};

inline Answer troupe_says(std::vector<std::string> arguments) {
  TroupeProcess process{std::move(arguments), cluster().environment()};
  int code = process.exit_code();
  return {code, process.output()};
}

inline void expect(const std::vector<std::string>& arguments, int code, const std::string& words) {
  const Answer answer = troupe_says(arguments);
  BOOST_TEST(answer.code == code, answer.text);
  BOOST_TEST(answer.says(words), answer.text);
}

} // namespace troupe::test
