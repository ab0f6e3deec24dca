// The stores that the conformance suite runs over.
#pragma once
#include <memory>
#include <string>
#include <tuple>

#include "runtime/store/memory_store.hpp"
#include "tests/support/store_calls.hpp"

namespace troupe::conformance {

struct MemoryBackend {
  explicit MemoryBackend(std::size_t open_jobs_max)
      : database{store::make_memory_database(open_jobs_max)} {}
  std::unique_ptr<store::Store> open() { return std::make_unique<store::MemoryStore>(database); }

  std::shared_ptr<store::MemoryDatabase> database;
};

using Backends = std::tuple<MemoryBackend>;

/// A fresh database with two nodes on it.
template <class Backend>
struct Cluster {
  explicit Cluster(std::size_t open_jobs_max = limits::open_jobs_max)
      : backend{open_jobs_max}, a{backend.open(), "a", 1}, b{backend.open(), "b", 2} {}

  Backend backend;
  support::StoreCalls a, b;
};

} // namespace troupe::conformance
