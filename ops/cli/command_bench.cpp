// troupe bench
#include <CLI/CLI.hpp>
#include <cstdio>

#include "ops/cli/bench/part_line.hpp"
#include "ops/cli/bench/suites.hpp"
#include "ops/cli/command.hpp"

namespace troupe::cli {
namespace {

bench::Report measure_with_progress(const bench::Suite& suite, bench::BenchOptions options,
                                    bool wanted) {
  bench::PartLine line{wanted};
  options.tell = [&](const std::string& part) { line.show(part); };
  return bench::measure(suite, options);
}

ExitCode run_suite(const CommandLine& line, const std::string& name,
                   const bench::BenchOptions& options) {
  for (const auto& suite : bench::suites()) {
    if (suite.name != name) continue;
    const auto report = measure_with_progress(suite, options, !line.common.json);
    const auto said = line.common.json ? report.json() + '\n' : report.text(view::detect_style());
    std::fputs(said.c_str(), stdout);
    return ExitCode::ok;
  }
  throw Failure{ExitCode::usage, "no suite `" + name + "`; see `troupe bench --help`"};
}

} // namespace

void add_bench_command(CLI::App& app, CommandLine& line) {
  struct Options {
    std::string suite;
    double seconds = 10;
    bench::BenchOptions bench;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "bench", "Measures the engine on private servers, beside what the machine can do");
  std::vector<std::string> names;
  std::string explained;
  for (const auto& suite : bench::suites()) {
    names.emplace_back(suite.name);
    explained += "  " + std::string{suite.name} + std::string(10 - suite.name.size(), ' ') +
                 std::string{suite.what} + '\n';
  }
  command->add_option("SUITE", options->suite, "what to measure")
      ->required()
      ->check(CLI::IsMember(names))
      ->type_name("")
      ->option_text(" ");
  command->add_option("--seconds", options->seconds, "of each part that is measured for a while")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 3'600.0));
  command->add_option("--steps", options->bench.steps, "of a run")
      ->capture_default_str()
      ->check(CLI::Range(1U, 1'000U));
  command
      ->add_option("--in-flight", options->bench.in_flight,
                   "runs, jobs, appends or requests at a time")
      ->capture_default_str()
      ->check(CLI::Range(1U, 100'000U));
  command
      ->add_option("--open", options->bench.open,
                   "runs that pend (claim) or are parked (parked, growth)")
      ->check(CLI::Range(1'000U, 10'000'000U))
      ->option_text("UINT [1000000; growth 100000]");
  add_json_option(*command, line);
  add_example(*command,
              "  troupe bench runs --steps 10\n"
              "  troupe bench jobs --seconds 30 --json\n"
              "  troupe bench claim --open 100000\n"
              "Suites:\n" +
                  explained +
                  "Each starts its own Postgres and nats-server and measures the limit of the\n"
                  "machine in the same run, so that the ratio holds on a busy machine too. With\n"
                  "--json one line holds every figure.");
  command->callback([options, &line] {
    options->bench.time = Millis{static_cast<Millis::rep>(options->seconds * 1'000)};
    line.exit_code = run_suite(line, options->suite, options->bench);
  });
}

} // namespace troupe::cli
