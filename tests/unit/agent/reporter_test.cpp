#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "runtime/agent/incident_report.hpp"
#include "runtime/agent/native.hpp"
#include "tests/unit/agent/play.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// tests/unit/agent/golden/<name>.json holds {"task":..,"context":..}, <name>.md what is written.
agent::Task incident(const std::string& name) {
  const auto document =
      boost::json::parse(source_file("tests/unit/agent/golden/" + name + ".json")).as_object();
  auto task = task_of(boost::json::serialize(document.at("task")),
                      boost::json::serialize(document.at("context")));
  task.step = "report";
  return task;
}

agent::IncidentReport report_on(const std::string& name) {
  auto report = agent::write_incident_report(incident(name));
  BOOST_REQUIRE(report.ok());
  return std::move(*report);
}

} // namespace

BOOST_AUTO_TEST_SUITE(incident_reports)

BOOST_AUTO_TEST_CASE(reports_are_written_as_their_golden_files) {
  for (const auto* name : {"healed", "person", "failed", "hostile"}) BOOST_TEST_CONTEXT(name) {
      const auto written = report_on(name).markdown;
      // What was written stays beside the binaries, to compare with or to become the golden file.
      std::ofstream{TROUPE_BINARY_DIR "/report-" + std::string{name} + ".md"} << written;
      const auto golden = source_file("tests/unit/agent/golden/" + std::string{name} + ".md");
      BOOST_TEST(written == golden);
    }
}

BOOST_AUTO_TEST_CASE(a_report_says_in_one_line_how_it_ended) {
  const std::tuple<const char*, bool, const char*> table[] = {
      {"healed", true, "nginx is healed; cause: process_gone; action: restart"},
      {"person", false,
       "nginx is not healed; cause: port_held; action: none; a person must decide"},
      {"failed", false,
       "nginx is not healed; cause: process_hung; action: restart; step restart "
       "failed"},
  };
  for (const auto& [name, healed, summary] : table) {
    const auto report = report_on(name);
    BOOST_TEST(report.healed == healed);
    BOOST_TEST(report.summary == summary);
  }
}

BOOST_AUTO_TEST_CASE(only_what_nobody_repaired_asks_a_person_to_decide) {
  const std::string section = "## What a person must decide";
  BOOST_TEST(report_on("healed").markdown.find(section) == std::string::npos);
  for (const auto* name : {"person", "failed", "hostile"})
    BOOST_TEST(report_on(name).markdown.find(section) != std::string::npos, name);
}

BOOST_AUTO_TEST_CASE(hostile_text_adds_nothing_to_the_structure_of_a_report) {
  const auto hostile = report_on("hostile").markdown;
  bool fenced = false;
  std::string fence;
  std::size_t line_start = 0;
  while (line_start < hostile.size()) {
    const auto line_end = hostile.find('\n', line_start);
    const auto line = hostile.substr(line_start, line_end - line_start);
    line_start = line_end + 1;
    const auto ticks = line.find_first_not_of('`');
    if (fenced) {
      if (line == fence) fenced = false;
      continue;
    }
    if (line.starts_with("```")) {
      fenced = true;
      fence = std::string(ticks, '`');
      continue;
    }
    BOOST_TEST(line.find("EVIL HEADING") > 0u);
    BOOST_TEST(!line.starts_with("# EVIL"), line);
    BOOST_TEST(line.find("<img") >= line.find('`'), line); // never before a span of code begins
  }
  BOOST_TEST(!fenced, "a block was left open");
  BOOST_TEST(hostile.find('\x1B') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_report_does_not_depend_on_its_own_attempt) {
  auto first = incident("healed");
  auto again = first;
  auto context = boost::json::parse(first.context.text).as_object();
  auto& rows = context.at("timeline").as_array();
  rows.push_back({{"step", "report"}, {"state", "running"}, {"attempts", 2}, {"node", "other"}});
  again.context = JsonText{boost::json::serialize(context)};
  BOOST_TEST(agent::write_incident_report(first)->markdown ==
             agent::write_incident_report(again)->markdown);
}

BOOST_AUTO_TEST_CASE(outputs_are_bounded_one_by_one_and_together) {
  boost::json::array steps;
  for (int i = 0; i < 100; ++i)
    steps.push_back({{"step", "s" + std::to_string(i)},
                     {"state", "completed"},
                     {"output", std::string(20'000, 'x')}});
  const auto report = agent::write_incident_report(
      task_of(boost::json::serialize(boost::json::object{{"title", "big"}, {"steps", steps}})));
  BOOST_REQUIRE(report.ok());
  BOOST_TEST(report->markdown.size() < 200'000u);
  BOOST_TEST(report->markdown.find("more bytes)") != std::string::npos);
  BOOST_TEST(report->markdown.find("left out: the report is full") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_reporter_writes_report_md_and_answers_how_it_ended) {
  std::string written;
  const World world = [&](const std::string& tool, const std::string& arguments, int) {
    if (tool != "workspace.write") return fails(ErrorClass::internal, "unknown tool");
    written = arguments;
    return returns(R"({"path":"report.md","bytes":1})");
  };
  const auto played = play(*agent::make_reporter(incident("healed")), world);
  const auto output = boost::json::parse(played.output).as_object();
  BOOST_TEST(output.at("report").as_string() == "report.md");
  BOOST_TEST(output.at("healed").as_bool());
  BOOST_TEST(output.at("summary").as_string() ==
             "nginx is healed; cause: process_gone; action: restart");
  BOOST_TEST(output.at("markdown").as_string() == report_on("healed").markdown);
  const auto arguments = boost::json::parse(written).as_object();
  BOOST_TEST(arguments.at("path").as_string() == "report.md");
  BOOST_TEST(arguments.at("content").as_string() == report_on("healed").markdown);
}

BOOST_AUTO_TEST_CASE(a_reporter_fails_as_its_tool_does_or_with_what_its_task_lacks) {
  const World full = [](const std::string&, const std::string&, int) {
    return fails(ErrorClass::tool_failed, "no space left");
  };
  const auto refused = play(*agent::make_reporter(incident("healed")), full);
  BOOST_REQUIRE(refused.error);
  BOOST_TEST(refused.error->message == "no space left");
  for (const auto* task : {"null", "{}", R"({"steps":[7]})", R"({"steps":[{"part":"action"}]})"}) {
    const auto wrong = play(*agent::make_reporter(task_of(task)), full);
    BOOST_TEST_CONTEXT(task) {
      BOOST_REQUIRE(wrong.error);
      BOOST_TEST((wrong.error->error_class == ErrorClass::invalid_input));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
