#include "actors/item_lists.hpp"

#include "actors/protocol.hpp"
#include "runtime/artifact/whole.hpp"
#include "runtime/log.hpp"
#include "runtime/supervision/item_list.hpp"

namespace troupe::actors {
namespace {

constexpr auto store_retry = std::chrono::milliseconds{500};

template <class Asked>
auto answer_to(const caf::actor& run, RunId id, const Asked& asked) {
  return [run, id, asked](const auto& answer) {
    if (auto told = supervision::told(asked, answer))
      return caf::anon_send(run, Happened{std::move(*told)});
    log::warn(
        "run.list_waits_for_store",
        {{"actor", "run"}, {"run", id}, {"step", asked.step}, {"reason", answer.error().message}});
    caf::delayed_anon_send(run, store_retry, AskStore{asked});
  };
}

} // namespace

void store_list(const Context& context, const caf::actor& run, RunId id,
                const supervision::StoreArtifact& what) {
  const auto put = [context](auto part, auto done) {
    context->artifacts->put(std::move(part), std::move(done));
  };
  artifact::put_whole(put, id, what.what, what.content, context->now(), answer_to(run, id, what));
}

void read_list(const Context& context, const caf::actor& run, RunId id,
               const supervision::ReadArtifact& what) {
  const auto read = [context](RunId of, auto hash, auto from, auto done) {
    context->artifacts->read(of, std::move(hash), from, std::move(done));
  };
  artifact::read_whole(read, id, what.what.hash, limits::foreach_list_bytes_max,
                       answer_to(run, id, what));
}

} // namespace troupe::actors
