// Thousands of runs of generated plans, each with the faults of its seed. A seed that fails prints
// itself, how to replay it, and what happened.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <thread>

#include "runtime/simulation/simulation.hpp"
#include "tests/simulation/plan_generator.hpp"

using namespace troupe;
using namespace troupe::simulation;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t seeds = 200; // each takes many times as long
#else
constexpr std::uint64_t seeds = 2'000;
#endif

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

/// Calls `what` with each of `count` numbers from `first`, on every processor.
template <class What>
void for_each_seed(std::uint64_t first, std::uint64_t count, What what) {
  std::atomic<std::uint64_t> next{first};
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
    threads.emplace_back([&] {
      for (std::uint64_t seed; (seed = next++) < first + count;) what(seed);
    });
}

void tell(std::uint64_t seed) {
  const auto outcome = simulate(generate_scenario(seed), seed, true);
  std::cerr << "seed " << seed << " violates " << outcome.property << ": " << outcome.detail
            << "\nreplay: TROUPE_SEED=" << seed
            << " TROUPE_SEEDS=1 build/dev/tests/simulation_seeds --run_test=seeds_\n"
            << generate_plan(seed);
  for (const auto& line : outcome.trace) std::cerr << line << '\n';
}

} // namespace

BOOST_AUTO_TEST_SUITE(seeds_)

BOOST_AUTO_TEST_CASE(every_promise_is_kept_whatever_fails) {
  std::mutex mutex;
  std::vector<std::uint64_t> failed;
  std::atomic<std::uint64_t> effects{0}, steps{0};
  for_each_seed(from_environment("TROUPE_SEED", 1), from_environment("TROUPE_SEEDS", seeds),
                [&](std::uint64_t seed) {
                  const auto outcome = simulate(generate_scenario(seed), seed);
                  effects += outcome.effects;
                  steps += outcome.steps;
                  const std::lock_guard lock{mutex};
                  if (outcome.failed) failed.push_back(seed);
                });
  if (!failed.empty()) tell(*std::ranges::min_element(failed));
  BOOST_TEST(failed.empty(), failed.size() << " seeds failed");
  BOOST_TEST_MESSAGE(effects << " effects on the world, " << steps << " events");
  BOOST_TEST(effects > 0u);
}

BOOST_AUTO_TEST_CASE(a_seed_replays_to_the_letter) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto once = simulate(generate_scenario(seed), seed, true);
    const auto again = simulate(generate_scenario(seed), seed, true);
    BOOST_TEST(once.trace == again.trace, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_SUITE_END()
