// A run as the store has it: its bundle, and its journal folded from its last snapshot or its first
// append, page by page.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "actors/node_context.hpp"
#include "runtime/supervision/history.hpp"
#include "runtime/supervision/run_state.hpp"

namespace troupe::actors {

/// Unpacked bundles, shared by the runs that execute the same one: all that are in use, and the
/// last few beside. Thread-safe.
class BundleCache {
 public:
  std::shared_ptr<const config::UnpackedBundle> find(const std::string& hash) const;
  void keep(const std::string& hash, const std::shared_ptr<const config::UnpackedBundle>& bundle);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::weak_ptr<const config::UnpackedBundle>> bundles_;
  std::deque<std::shared_ptr<const config::UnpackedBundle>> last_; // kept, the newest in front
};

/// Never blocks; `done` runs exactly once, on a thread of the store. Errors are those of the store,
/// internal for a journal that cannot be folded, and invalid_input for a run that is not there.
/// A snapshot that cannot be used is left aside. Where `history` is given, it has noted the whole
/// journal by then.
void read_run(const Context& context, const std::shared_ptr<BundleCache>& bundles, RunId run,
              const std::string& bundle_hash,
              std::function<void(Result<supervision::RunState>)> done,
              std::shared_ptr<supervision::History> history = nullptr);

/// As read_run, of a run whose journal holds nothing but `first`: only its bundle may have to be
/// read.
void fold_new_run(const Context& context, const std::shared_ptr<BundleCache>& bundles, RunId run,
                  const std::string& bundle_hash, ports::JournalRow first,
                  std::function<void(Result<supervision::RunState>)> done);

} // namespace troupe::actors
