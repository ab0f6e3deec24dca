#include "actors/run_reader.hpp"

namespace troupe::actors {
namespace {

constexpr std::size_t page = 1000; // rows of the journal at a time

/// Lives from callback to callback.
struct RunReader : std::enable_shared_from_this<RunReader> {
  Context context;
  std::shared_ptr<BundleCache> bundles;
  RunId run;
  std::string bundle_hash;
  std::function<void(Result<supervision::RunState>)> done;
  supervision::RunState state;

  void start() {
    if (auto bundle = bundles->find(bundle_hash)) return begin(std::move(bundle));
    context->jobs->get_document(bundle_hash, [self = shared_from_this()](Result<std::string> body) {
      if (!body) return self->done(body.error());
      auto unpacked = config::unpack_bundle(*body);
      if (!unpacked) return self->done(unpacked.error());
      auto bundle = std::make_shared<const config::UnpackedBundle>(std::move(*unpacked));
      self->bundles->keep(self->bundle_hash, bundle);
      self->begin(std::move(bundle));
    });
  }

  void begin(std::shared_ptr<const config::UnpackedBundle> bundle) {
    state = supervision::make_run_state(run, std::move(bundle));
    read();
  }

  void read() {
    context->journal->read(
        run, state.next_seq, page,
        [self = shared_from_this()](Result<std::vector<ports::JournalRow>> rows) {
          if (!rows) return self->done(rows.error());
          if (const auto folded = fold_rows(self->state, *rows); !folded)
            return self->done(folded.error());
          if (rows->size() == page) return self->read();
          self->done(std::move(self->state));
        });
  }
};

} // namespace

std::shared_ptr<const config::UnpackedBundle> BundleCache::find(const std::string& hash) const {
  const std::lock_guard lock{mutex_};
  const auto found = bundles_.find(hash);
  return found == bundles_.end() ? nullptr : found->second.lock();
}

void BundleCache::keep(const std::string& hash,
                       const std::shared_ptr<const config::UnpackedBundle>& bundle) {
  const std::lock_guard lock{mutex_};
  std::erase_if(bundles_, [](const auto& item) { return item.second.expired(); });
  bundles_[hash] = bundle;
}

void read_run(const Context& context, const std::shared_ptr<BundleCache>& bundles, RunId run,
              const std::string& bundle_hash,
              std::function<void(Result<supervision::RunState>)> done) {
  auto reader = std::make_shared<RunReader>();
  reader->context = context;
  reader->bundles = bundles;
  reader->run = run;
  reader->bundle_hash = bundle_hash;
  reader->done = std::move(done);
  reader->start();
}

} // namespace troupe::actors
