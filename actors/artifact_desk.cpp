#include "actors/artifact_desk.hpp"

#include <map>
#include <mutex>

#include "actors/run_reader.hpp"
#include "runtime/supervision/standing.hpp"

namespace troupe::actors {
namespace {

/// Which attempts their journals have shown to stand within limits::artifact_attempt_check.
class Shown {
 public:
  using Attempt = std::pair<RunId, AttemptNumber>;

  bool lately(const Attempt& attempt) {
    const std::lock_guard lock{mutex_};
    const auto now = boot_time();
    std::erase_if(until_, [&](const auto& item) { return item.second < now; });
    return until_.contains(attempt);
  }
  void now(const Attempt& attempt) {
    const std::lock_guard lock{mutex_};
    until_[attempt] = boot_time() + limits::artifact_attempt_check;
  }

 private:
  std::mutex mutex_;
  std::map<Attempt, Millis> until_; // by the boot-time clock
};

class Desk final : public ports::ArtifactDesk {
 public:
  Desk(Context context, ports::Artifacts& artifacts, std::string key)
      : context_{std::move(context)}, artifacts_{artifacts}, key_{std::move(key)} {}

  ports::Artifacts& artifacts() override { return artifacts_; }

  void executor(const std::string& text, Done done) override {
    const auto token = artifact::check(text, key_, context_->now());
    if (!token || shown_->lately({token->run, token->attempt})) return done(token);
    context_->jobs->get_run(
        token->run, [context = context_, bundles = bundles_, shown = shown_, token = *token,
                     done = std::move(done)](const Result<std::optional<ports::RunRow>>& row) {
          if (!row) return done(row.error());
          if (!*row)
            return done(make_error(ErrorClass::effect_conflict,
                                   "there is no run " + to_string(token.run) + " any more"));
          read_run(context, bundles, token.run, (*row)->bundle,
                   [shown, token, done](const Result<supervision::RunState>& state) {
                     if (!state) return done(state.error());
                     const auto stands = supervision::check_standing(*state, token.attempt);
                     if (!stands) return done(stands.error());
                     shown->now({token.run, token.attempt});
                     done(token);
                   });
        });
  }

 private:
  Context context_;
  ports::Artifacts& artifacts_;
  const std::string key_;
  std::shared_ptr<BundleCache> bundles_ = std::make_shared<BundleCache>();
  std::shared_ptr<Shown> shown_ = std::make_shared<Shown>();
};

} // namespace

std::unique_ptr<ports::ArtifactDesk> make_artifact_desk(Context context,
                                                        ports::Artifacts& artifacts,
                                                        std::string key) {
  return std::make_unique<Desk>(std::move(context), artifacts, std::move(key));
}

} // namespace troupe::actors
