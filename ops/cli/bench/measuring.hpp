// Small things that every suite measures with.
#pragma once
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>

#include "ops/cli/exit_codes.hpp"
#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace troupe::bench {

using Steady = std::chrono::steady_clock;

inline double ms_since(Steady::time_point begin) {
  return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

/// What `call` gives to its `done`, waited for. Failure internal: an error, or none in half a
/// minute.
template <class T>
T await(const std::function<void(std::function<void(Result<T>)>)>& call) {
  auto promise = std::make_shared<std::promise<Result<T>>>();
  auto answer = promise->get_future();
  call([promise](Result<T> result) { promise->set_value(std::move(result)); });
  if (answer.wait_for(std::chrono::seconds{30}) != std::future_status::ready)
    throw cli::Failure{cli::ExitCode::internal, "no answer within 30 s"};
  auto result = answer.get();
  if (!result) throw cli::Failure{cli::ExitCode::internal, result.error().message};
  return std::move(*result);
}

} // namespace troupe::bench
