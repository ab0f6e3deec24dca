// What takes a run's row from others for a moment, in batches: posts to inboxes, and parking.
#include <map>

#include "runtime/store/pg_job_store.hpp"
#include "runtime/store/refusals.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using namespace ports;

namespace {

constexpr PgStatement post_to_inbox{
    "post_to_inbox",
    "SELECT post_inbox_rows($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])"};

constexpr PgStatement park_runs{"park_runs",
                                "SELECT park_runs($1::uuid[], $2::uuid[], $3::timestamptz[])"};

/// The word that the server has for each of `asks`. Those whose run it found locked in a batch are
/// asked once more, run by run: then it waits.
template <class Ask, class Send>
PgAttempt<std::vector<std::string>> words_for(const std::vector<Ask>& asks, Send send) {
  std::vector<std::string> words(asks.size());
  const auto send_some = [&](const std::vector<std::size_t>& some) -> std::optional<PgFault> {
    std::vector<const Ask*> chosen;
    for (const auto i : some) chosen.push_back(&asks[i]);
    const PgAnswer answer = send(chosen);
    if (!answer.ok()) return answer.fault;
    for (std::size_t row = 0; row < some.size(); ++row) words[some[row]] = answer.rows.text(row, 0);
    return std::nullopt;
  };
  std::vector<std::size_t> all(asks.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  if (const auto fault = send_some(all)) return *fault;
  std::map<RunId, std::vector<std::size_t>> locked;
  for (const auto i : all)
    if (words[i] == "locked") locked[asks[i].run].push_back(i);
  for (const auto& [run, some] : locked)
    if (const auto fault = send_some(some)) return *fault;
  return words;
}

} // namespace

void PgJobStore::post_inbox(RunId run, InboxRow row, Done<bool> done) {
  if (const auto checked = check(row); !checked)
    return writes_.call<bool>(std::move(done),
                              [fault = checked.error()](auto&, auto) { return fault; });
  posts_.call({run, std::move(row)}, std::move(done));
}

PgAttempt<PgJobStore::Posts::Answers> PgJobStore::try_post(PgConnection& connection,
                                                           const Posts::Asks& posts,
                                                           Deadline deadline, bool repeated) {
  const auto words = words_for(posts, [&](const std::vector<const Post*>& some) {
    auto runs = PgArray::of_uuids(), ids = PgArray::of_texts(), kinds = PgArray::of_texts(),
         bodies = PgArray::of_texts(), instants = PgArray::of_instants();
    for (const auto* post : some) {
      runs.add(post->run);
      ids.add(std::string_view{post->row.id});
      kinds.add(std::string_view{post->row.kind});
      bodies.add(std::string_view{post->row.body.text});
      instants.add(post->row.at);
    }
    const auto params =
        PgParams{}.array(runs).array(ids).array(kinds).array(bodies).array(instants);
    return connection.run(post_to_inbox, params, deadline);
  });
  if (const auto* fault = std::get_if<PgFault>(&words)) return *fault;
  Posts::Answers answers;
  for (const auto& word : std::get<std::vector<std::string>>(words)) {
    const auto run = posts[answers.size()].run;
    if (word == "missing")
      answers.emplace_back(no_such_run(run));
    else if (word == "ended")
      answers.emplace_back(run_has_ended(run));
    else
      answers.emplace_back(word == "recorded" || repeated); // then the try before recorded it
  }
  return answers;
}

void PgJobStore::park(RunId run, IncarnationId owner, std::optional<Instant> wake_at,
                      Done<ParkOutcome> done) {
  parks_.call({run, owner, wake_at.value_or(Instant::max())}, std::move(done));
}

PgAttempt<PgJobStore::Parks::Answers> PgJobStore::try_park(PgConnection& connection,
                                                           const Parks::Asks& parks,
                                                           Deadline deadline, bool) {
  const auto words = words_for(parks, [&](const std::vector<const Park*>& some) {
    auto runs = PgArray::of_uuids(), owners = PgArray::of_uuids(), wakes = PgArray::of_instants();
    for (const auto* park : some) {
      runs.add(park->run);
      owners.add(park->owner);
      wakes.add(park->wake_at);
    }
    return connection.run(park_runs, PgParams{}.array(runs).array(owners).array(wakes), deadline);
  });
  if (const auto* fault = std::get_if<PgFault>(&words)) return *fault;
  Parks::Answers answers;
  for (const auto& word : std::get<std::vector<std::string>>(words))
    answers.emplace_back(word == "parked"          ? ParkOutcome::parked
                         : word == "inbox_waiting" ? ParkOutcome::inbox_waiting
                                                   : ParkOutcome::not_owner);
  return answers;
}

} // namespace troupe::store
