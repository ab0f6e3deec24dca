#include "ops/cli/replay.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <sstream>

#include "ops/cli/exit_codes.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/run_tree.hpp"
#include "ops/cli/view/run_words.hpp"
#include "runtime/json_value.hpp"
#include "runtime/supervision/run_view.hpp"

namespace troupe::cli {

namespace json = boost::json;
using namespace supervision;

namespace {

/// The flat events of the API, put back into the body of an append: readers of the journal pass
/// over what they do not know.
json::object unflattened(const json::object& flat) {
  json::object event = flat;
  const auto type = view::text(flat, "type");
  if (!type.starts_with("activity.")) return event;
  json::object key;
  for (const char* name : {"undo", "tool", "ordinal"})
    if (const auto* value = flat.if_contains(name)) key[name] = *value;
  event["key"] = std::move(key);
  if (type == "activity.recorded") {
    json::object activity = event;
    event["activity"] = std::move(activity);
  }
  return event;
}

/// Gathers the events of one append after the other.
class RowBuilder {
 public:
  explicit RowBuilder(std::vector<ports::JournalRow>& rows) : rows_{rows} {}

  void add(const json::object& event) {
    const auto seq = static_cast<Seq>(view::number(event, "seq"));
    if (events_.empty() || seq != seq_) finish();
    seq_ = seq;
    at_ = view::instant(event, "at").value_or(Instant{});
    events_.emplace_back(unflattened(event));
  }
  void finish() {
    if (events_.empty()) return;
    rows_.push_back(
        {seq_, {}, at_, json::serialize(json::object{{"v", 1}, {"events", std::move(events_)}})});
    events_ = {};
  }

 private:
  std::vector<ports::JournalRow>& rows_;
  Seq seq_ = 0;
  Instant at_{};
  json::array events_;
};

Failure not_recorded(const std::string& file, std::size_t line, const std::string& why) {
  return {ExitCode::bad_data, file + ":" + std::to_string(line) + ": " + why +
                                  "; expected a file written by `troupe events RUN --json`"};
}

RunState begin(const RecordedRun& run) {
  auto bundle = config::unpack_bundle(run.bundle);
  if (!bundle)
    throw Failure{ExitCode::bad_data,
                  "what the run executes cannot be read: " + bundle.error().message};
  return make_run_state(run.id, std::make_shared<const config::UnpackedBundle>(std::move(*bundle)));
}

/// Folding ignores an event about a step that the plan lacks; here that is a fault to name.
void require_known_steps(const RunState& run, const ports::JournalRow& row) {
  const auto page = view_events({row});
  if (!page) return;
  const auto events = read_json(page->text);
  for (const auto& event : view::list(*events, "events"))
    for (const char* name : {"step", "group", "child"}) {
      const auto path = view::text(event, name);
      if (!path.empty() && run.find(path) == nullptr)
        throw Failure{ExitCode::bad_data, "append " + std::to_string(row.seq) + ": " +
                                              view::text(event, "type") + " is about `" + path +
                                              "`, which the run's plan does not have"};
    }
}

void show(const RunState& run, const ports::JournalRow& row, bool as_json,
          const view::Style& style) {
  const auto page = view_events({row});
  const auto events = read_json(page ? page->text : "null");
  const auto tree = read_json(view_run(run, {}).text);
  if (as_json) {
    std::printf("%s\n", json::serialize(json::object{{"seq", row.seq},
                                                     {"at", to_iso8601(row.at)},
                                                     {"events", view::list(*events, "events")},
                                                     {"run", *tree}})
                            .c_str());
    return;
  }
  std::printf("── append %llu\n", static_cast<unsigned long long>(row.seq));
  for (const auto& event : view::list(*events, "events"))
    if (const auto line = view::event_line(event); !line.empty()) std::printf("%s\n", line.c_str());
  view::TreeOptions options{style, row.at};
  options.style.height = 0;
  std::printf("%s", view::render_run(*tree, options).c_str());
}

} // namespace

RecordedRun read_recorded(const std::string& text, const std::string& file) {
  RecordedRun run;
  RowBuilder rows{run.rows};
  std::istringstream lines{text};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.empty()) continue;
    const auto value = read_json(line);
    if (!value || !value->is_object()) throw not_recorded(file, number, "not a JSON object");
    if (const auto id = parse_id<RunId>(view::text(*value, "run"));
        id && view::text(*value, "type") == "run.bundle") {
      run.id = *id;
      run.bundle = json::serialize(view::member(*value, "bundle"));
      continue;
    }
    if (view::member(*value, "seq").is_null()) throw not_recorded(file, number, "no event");
    if (view::text(*value, "type") == "run.created")
      run.id = parse_id<RunId>(view::text(*value, "run")).value_or(run.id);
    rows.add(value->get_object());
  }
  rows.finish();
  if (run.rows.empty()) throw not_recorded(file, number, "no event");
  return run;
}

std::string fetch_bundle(const ApiClient& api, RunId run) {
  if (!run)
    throw Failure{ExitCode::bad_data,
                  "the file does not tell what the run executes; write it with `troupe events RUN "
                  "--json --bundle`"};
  return json::serialize(api.get("/v1/runs/" + to_string(run) + "/bundle"));
}

RecordedRun fetch_recorded(const ApiClient& api, const std::string& id) {
  RecordedRun run;
  const auto parsed = parse_id<RunId>(id);
  if (!parsed) throw Failure{ExitCode::no_input, "no run and no file `" + id + "`"};
  run.id = *parsed;
  run.bundle = fetch_bundle(api, run.id);
  RowBuilder rows{run.rows};
  std::string cursor;
  for (;;) {
    const json::value page = api.get("/v1/runs/" + id + "/events?limit=500" +
                                     (cursor.empty() ? "" : "&after=" + cursor));
    const auto& events = view::list(page, "events");
    for (const auto& event : events) rows.add(event.get_object());
    if (events.empty()) break;
    cursor = view::text(page, "cursor");
  }
  rows.finish();
  return run;
}

void replay_run(const RecordedRun& run, const ReplayRequest& request, bool as_json,
                const view::Style& style) {
  RunState state = begin(run);
  for (const auto& row : run.rows) {
    if (const auto folded = fold_rows(state, {row}); !folded)
      throw Failure{ExitCode::bad_data, folded.error().message};
    require_known_steps(state, row);
    const bool last = &row == &run.rows.back() || (request.until && row.seq >= *request.until);
    if (request.step || last) show(state, row, as_json, style);
    if (last && request.until && row.seq < *request.until)
      throw Failure{ExitCode::bad_data, "the run has no append " + std::to_string(*request.until) +
                                            ": its last is " + std::to_string(row.seq)};
    if (last) break;
  }
}

} // namespace troupe::cli
