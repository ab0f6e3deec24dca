// tests/chaos/run: kills real processes under real work, and counts what was lost or done twice.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/chaos/chaos.hpp"

using namespace troupe;
using namespace troupe::chaos;

int main(int argc, char** argv) {
  Options options;
  bool json = false;
  CLI::App app{
      "Kills nodes, Postgres and the bus under a running workload, and counts from outside "
      "what was lost or done twice."};
  app.add_option("--kills", options.kills,
                 "processes to kill; pauses and cut connections come with them")
      ->check(CLI::Range(1U, 100'000U))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "decides the whole sequence of faults")
      ->capture_default_str();
  app.add_option("--keep", options.keep, "folder for the logs and the ledger, which then stay");
  app.add_flag("--json", json, "the last line is one JSON object");
  CLI11_PARSE(app, argc, argv);
  try {
    const Outcome outcome = run_chaos(options);
    for (const auto& slow : outcome.findings.slow) std::fprintf(stderr, "slow: %s\n", slow.c_str());
    for (const auto& fault : outcome.findings.faults)
      std::fprintf(stderr, "WRONG: %s\n", fault.c_str());
    std::printf("%s\n", (json ? to_json(outcome) : to_text(outcome)).c_str());
    return outcome.holds() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chaos: %s\n", error.what());
    return 2;
  }
}
