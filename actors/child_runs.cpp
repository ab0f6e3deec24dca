#include "actors/child_runs.hpp"

#include "actors/protocol.hpp"
#include "runtime/artifact/reference.hpp"

namespace troupe::actors {
namespace {

template <class Then>
void share_artifacts(const Context& context, RunId parent, RunId child, const JsonText& output,
                     Then then) {
  if (artifact::hashes_in(output.text).empty()) return then();
  context->artifacts->refer(parent, child, output.text, context->now(),
                            [then = std::move(then)](const Result<>& shared) {
                              if (shared) then();
                            });
}

} // namespace

void post_row(const Context& context, RunId run, ports::InboxRow row) {
  context->jobs->post_inbox(run, std::move(row), [context, run](const Result<bool>& posted) {
    if (posted) context->actors->tell("orchestrator", WakeRun{run});
  });
}

void start_child(const Context& context, intake::PreparedJob prepared) {
  const auto submit = [context, job = std::move(prepared.job)](const Result<>& stored) {
    if (!stored) return;
    context->jobs->submit(job, [context](const Result<ports::Submitted>& submitted) {
      if (submitted) context->actors->tell("orchestrator", ClaimNow{});
    });
  };
  context->jobs->put_document(prepared.bundle->hash, "bundle", prepared.bundle->body, submit);
}

void tell_parent(const Context& context, RunId child, const supervision::TellParent& end) {
  share_artifacts(
      context, end.parent, child, end.output,
      [context, parent = end.parent, row = supervision::inbox_row(child, end, context->now())] {
        post_row(context, parent, row);
      });
}

void ask_child(const Context& context, const std::shared_ptr<BundleCache>& bundles, RunId parent,
               RunId child,
               std::function<void(const std::optional<supervision::ChildReported>&)> told) {
  context->jobs->get_run(child, [=, told = std::move(told)](
                                    const Result<std::optional<ports::RunRow>>& row) {
    if (!row) return;
    if (!*row) return told(std::nullopt);
    if ((*row)->state == ports::RunState::running)
      return told(supervision::ChildReported{child, ports::RunState::running, {}, {}});
    read_run(
        context, bundles, child, (*row)->bundle, [=](const Result<supervision::RunState>& state) {
          if (!state || !state->finished) return;
          const auto report = supervision::report_of(*state);
          share_artifacts(context, parent, child, report.output, [told, report] { told(report); });
        });
  });
}

} // namespace troupe::actors
