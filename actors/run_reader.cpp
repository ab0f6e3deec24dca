#include "actors/run_reader.hpp"

#include "runtime/supervision/snapshot.hpp"

namespace troupe::actors {
namespace {

constexpr std::size_t bundles_kept_max = 16; // that no run uses

/// Lives from callback to callback.
struct RunReader : std::enable_shared_from_this<RunReader> {
  RunReader(Context c, std::shared_ptr<BundleCache> b, RunId r, std::string hash,
            std::function<void(Result<supervision::RunState>)> d)
      : context{std::move(c)},
        bundles{std::move(b)},
        run{r},
        bundle_hash{std::move(hash)},
        done{std::move(d)} {}

  Context context;
  std::shared_ptr<BundleCache> bundles;
  RunId run;
  std::string bundle_hash;
  std::function<void(Result<supervision::RunState>)> done;
  std::shared_ptr<supervision::History> history;
  std::optional<ports::JournalRow> first; // of a new run: the whole journal
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
    state = supervision::make_run_state(run, bundle);
    if (first) return take({std::move(*first)}, false);
    if (history) return read_on(); // a snapshot would leave out what it tells
    context->journal->read_fold(run,
                                [self = shared_from_this(), bundle](Result<ports::FoldPage> page) {
                                  if (!page) return self->done(page.error());
                                  if (page->snapshot && !self->restore(*page->snapshot, bundle))
                                    return self->read_on();
                                  self->take(page->rows, page->more);
                                });
  }

  /// False: the snapshot is of no use here.
  bool restore(const ports::Snapshot& snapshot,
               const std::shared_ptr<const config::UnpackedBundle>& bundle) {
    auto restored = supervision::restore(run, bundle, snapshot);
    if (restored) state = std::move(*restored);
    return restored.has_value();
  }

  void take(const std::vector<ports::JournalRow>& rows, bool more) {
    if (const auto folded = fold_rows(state, rows); !folded) return done(folded.error());
    if (more) return read_on();
    if (state.next_seq == 0)
      return done(make_error(ErrorClass::invalid_input, "there is no run " + to_string(run)));
    done(std::move(state));
  }

  void read_on() {
    context->journal->read(
        run, state.next_seq, limits::journal_page_rows,
        [self = shared_from_this()](Result<std::vector<ports::JournalRow>> rows) {
          if (!rows) return self->done(rows.error());
          if (self->history) self->history->note(*rows);
          self->take(*rows, !rows->empty());
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
  last_.push_front(bundle);
  if (last_.size() > bundles_kept_max) last_.pop_back();
}

void read_run(const Context& context, const std::shared_ptr<BundleCache>& bundles, RunId run,
              const std::string& bundle_hash,
              std::function<void(Result<supervision::RunState>)> done,
              std::shared_ptr<supervision::History> history) {
  const auto reader =
      std::make_shared<RunReader>(context, bundles, run, bundle_hash, std::move(done));
  reader->history = std::move(history);
  reader->start();
}

void fold_new_run(const Context& context, const std::shared_ptr<BundleCache>& bundles, RunId run,
                  const std::string& bundle_hash, ports::JournalRow first,
                  std::function<void(Result<supervision::RunState>)> done) {
  const auto reader =
      std::make_shared<RunReader>(context, bundles, run, bundle_hash, std::move(done));
  reader->first = std::move(first);
  reader->start();
}

} // namespace troupe::actors
