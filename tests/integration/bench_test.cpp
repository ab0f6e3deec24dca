// Each suite of `troupe bench`, for a moment: what it says, never how fast it was.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/troupe_process.hpp"

using namespace troupe;
namespace json = boost::json;

namespace {

std::string bench(std::vector<std::string> arguments, int expected_code = 0) {
  arguments.insert(arguments.begin(), "bench");
  support::TroupeProcess process{std::move(arguments)};
  const int code = process.exit_code(std::chrono::seconds{180}); // sanitized, on a busy machine
  BOOST_TEST(code == expected_code, process);
  return process.output();
}

std::vector<std::string> latencies(const std::string& name) {
  return {name + "_p50_ms", name + "_p99_ms", name + "_p999_ms"};
}

/// The figures that every suite has, or every one with a Postgres.
const std::vector<std::string> cost{"cpu_s", "peak_rss_mib"};
const std::vector<std::string> postgres{"raw_rows_per_s", "raw_commits_per_s", "raw_commit_p50_ms",
                                        "raw_commit_p99_ms"};

std::vector<std::string> joined(const std::vector<std::vector<std::string>>& parts) {
  std::vector<std::string> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

struct Row {
  std::string suite;
  std::vector<std::string> figures;
};

} // namespace

BOOST_AUTO_TEST_CASE(each_suite_writes_one_line_that_has_its_figures) {
  const Row table[] = {
      {"runs", joined({{"idle_rss_mib", "durable_steps_per_s", "runs_per_s", "cpu_s_per_1000_steps",
                        "remote_steps_per_s", "agent_peak_rss_mib"},
                       latencies("alone"),
                       latencies("remote_alone"),
                       postgres})},
      {"jobs", joined({{"jobs_per_s"}, latencies("alone"), postgres})},
      {"growth", joined({{"steps_per_s", "few_steps_per_s", "ratio_of_few", "open"}, postgres})},
      {"bus", joined({{"round_trips_per_s", "cpu_s_per_1000_round_trips", "raw_round_trips_per_s",
                       "ratio_of_raw", "raw_together_round_trips_per_s", "raw_alone_p50_ms"},
                      latencies("round_trip"),
                      latencies("alone")})},
      {"journal", joined({{"appends_per_s", "cpu_s_per_1000_appends", "signals_per_s",
                           "ratio_of_raw_rows", "ratio_of_raw_commits"},
                          latencies("append"),
                          latencies("alone"),
                          postgres})},
      {"intake",
       joined({{"posts_per_s", "cpu_s_per_1000_posts", "new_posts_per_s", "node_peak_rss_mib"},
               latencies("post"),
               latencies("new_post"),
               postgres})},
      {"claim", joined({{"claims_per_s", "few_claims_per_s", "ratio_of_few"},
                        latencies("claim"),
                        latencies("few_claim"),
                        postgres})},
      {"parked", joined({{"parked", "due", "woken", "open_ms", "first_claim_ms", "adopt_ms",
                          "node_parked", "node_woken"},
                         latencies("late"),
                         latencies("claim"),
                         latencies("node_late"),
                         postgres})},
      {"cancel", joined({{"cancels", "messages_per_cancel", "raw_round_trip_p50_ms"},
                         latencies("acknowledged"),
                         latencies("ended")})},
      {"codec",
       {"message_encode_per_s", "message_encode_ns", "message_decode_per_s", "message_bytes",
        "append_encode_per_s", "append_decode_ns", "raw_message_parse_per_s",
        "raw_append_copy_ns"}},
  };
  for (const auto& [suite, figures] : table) BOOST_TEST_CONTEXT(suite) {
      const auto text =
          bench({suite, "--json", "--seconds", "0.1", "--open", "1000", "--in-flight", "32"});
      json::error_code fault;
      const auto parsed = json::parse(text, fault); // nothing else stands in the output
      BOOST_TEST_REQUIRE(!fault, text);
      BOOST_TEST(parsed.at("suite") == json::value(suite));
      BOOST_TEST(!parsed.at("measured").as_string().empty());
      for (const auto& figure : joined({figures, cost})) {
        const auto* found = parsed.as_object().if_contains(figure);
        BOOST_TEST_REQUIRE(found != nullptr, figure << " is missing in " << text);
        // Processor time is counted in ticks: of a moment there may be none.
        const double least = figure.starts_with("cpu_s") ? 0 : 1e-9;
        BOOST_TEST(found->to_number<double>() >= least, figure << " in " << text);
      }
    }
}

BOOST_AUTO_TEST_CASE(a_person_reads_what_was_measured_and_each_figure_with_its_words) {
  const auto text = bench({"codec", "--seconds", "0.1"});
  for (const auto* words : {"codec\n", "On one thread", "a message, written, ns each"})
    BOOST_TEST(text.find(words) != std::string::npos, text);
}

BOOST_AUTO_TEST_CASE(a_suite_that_is_none_is_refused_and_the_others_are_named) {
  const auto text = bench({"speed"}, 64);
  BOOST_TEST(text.find("growth") != std::string::npos, text);
}
