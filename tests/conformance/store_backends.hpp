// The stores that the conformance suite runs over.
#pragma once
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>

#include "runtime/log.hpp"
#include "runtime/store/memory_store.hpp"
#include "runtime/store/postgres_store.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/store_calls.hpp"

namespace troupe::conformance {

struct MemoryBackend {
  explicit MemoryBackend(std::size_t open_jobs_max)
      : database{store::make_memory_database(open_jobs_max)} {}
  std::unique_ptr<store::Store> open() { return std::make_unique<store::MemoryStore>(database); }

  std::shared_ptr<store::MemoryDatabase> database;
};

struct PostgresBackend {
  explicit PostgresBackend(std::size_t open_jobs_max) : options{.open_jobs_max = open_jobs_max} {
    log::start("test", log::Level::error, ""); // migrations and lost connections are no news here
    options.url = support::PostgresServer::shared().create_database();
  }
  std::unique_ptr<store::Store> open() {
    auto opened = store::open_postgres_store(options);
    if (!opened) throw std::runtime_error{opened.error().message};
    return *std::move(opened);
  }

  store::PostgresOptions options;
};

using Backends = std::tuple<MemoryBackend, PostgresBackend>;

/// A fresh database with two nodes on it.
template <class Backend>
struct Cluster {
  explicit Cluster(std::size_t open_jobs_max = limits::open_jobs_max)
      : backend{open_jobs_max}, a{backend.open(), "a", 1}, b{backend.open(), "b", 2} {}

  Backend backend;
  support::StoreCalls a, b;
};

/// invalid_input, and begins with the name.
inline bool names_field(const Error& error, const std::string& field) {
  return error.error_class == ErrorClass::invalid_input && error.message.starts_with(field);
}

} // namespace troupe::conformance
