#include "ops/cli/run_watch.hpp"

#include <poll.h>

#include <boost/json.hpp>
#include <cstdio>
#include <utility>

#include "ops/cli/exit_codes.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/run_tree.hpp"
#include "ops/cli/view/run_words.hpp"

namespace troupe::cli {

namespace json = boost::json;

namespace {

using Steady = std::chrono::steady_clock;
constexpr Millis interval{120};
constexpr Millis patience{30'000};
constexpr unsigned page = 500;
constexpr const char* wait_for_more = "&wait=20s"; // less than our own bound of a request

void rest() { ::poll(nullptr, 0, static_cast<int>(interval.count())); }

/// GET that survives a server being restarted.
class PatientReader {
 public:
  explicit PatientReader(const ApiClient& api) : api_{api} {}

  json::value get(const std::string& path) {
    for (;;) {
      try {
        json::value answer = api_.get(path);
        silent_ = false;
        return answer;
      } catch (const Failure& failure) {
        bool passing = failure.code() == ExitCode::unavailable ||
                       failure.code() == ExitCode::try_again ||
                       failure.code() == ExitCode::internal;
        // A server that never answered is a wrong address, not a restart.
        if (!passing || !answered_) throw;
        auto now = Steady::now();
        if (!std::exchange(silent_, true)) silent_since_ = now;
        if (now - silent_since_ > patience) throw;
        rest();
        continue;
      }
    }
  }
  void answered() { answered_ = true; }

 private:
  const ApiClient& api_;
  bool answered_ = false;
  bool silent_ = false;
  Steady::time_point silent_since_;
};

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

json::value watch_tree(PatientReader& reader, const std::string& path, const view::Style& style) {
  view::LiveBlock block;
  for (unsigned frame = 1;; ++frame) {
    json::value run = reader.get(path);
    reader.answered();
    bool over = view::is_over(view::text(run, "state"));
    view::TreeOptions options{style, SystemClock{}.now(), over ? 0 : frame};
    if (over) options.style.height = 0; // the last one stays: show all of it
    if (over) block.clear();
    block.draw(view::render_run(run, options));
    if (over) return run;
    rest();
  }
}

/// Reads pages of events from a cursor on.
class EventReader {
 public:
  EventReader(PatientReader& reader, std::string path, std::optional<Seq> after)
      : reader_{reader}, path_{std::move(path)} {
    if (after) cursor_ = std::to_string(*after);
  }

  /// What came since the last page; waits a while for something to come where `wait` is set.
  json::array next(bool wait) {
    json::value answer =
        reader_.get(path_ + "/events?limit=" + std::to_string(page) +
                    (cursor_.empty() ? "" : "&after=" + cursor_) + (wait ? wait_for_more : ""));
    reader_.answered();
    if (std::string next = view::text(answer, "cursor"); !next.empty()) cursor_ = next;
    ended_ = view::truth(answer, "end");
    return view::list(answer, "events");
  }
  bool ended() const { return ended_; }

 private:
  PatientReader& reader_;
  std::string path_, cursor_;
  bool ended_ = false;
};

json::value watch_events(PatientReader& reader, const std::string& path, WatchForm form) {
  EventReader events{reader, path, {}};
  while (!events.ended())
    for (const json::value& event : events.next(true)) {
      std::string line = form == WatchForm::json ? json::serialize(event) : view::event_line(event);
      if (!line.empty()) print(line + "\n");
    }
  return reader.get(path);
}

} // namespace

json::value watch_run(const ApiClient& api, const std::string& run, WatchForm form,
                      const view::Style& style) {
  PatientReader reader{api};
  std::string path = "/v1/runs/" + percent_encoded(run);
  if (form == WatchForm::tree) return watch_tree(reader, path, style);
  if (form != WatchForm::silent) return watch_events(reader, path, form);
  for (;;) {
    json::value answer = reader.get(path);
    reader.answered();
    if (view::is_over(view::text(answer, "state"))) return answer;
    rest();
  }
}

void print_events(const ApiClient& api, const std::string& run, const EventsRequest& request,
                  bool as_json) {
  PatientReader reader{api};
  const std::string path = "/v1/runs/" + percent_encoded(run);
  if (as_json && request.bundle)
    print(json::serialize(json::object{
              {"type", "run.bundle"}, {"run", run}, {"bundle", api.get(path + "/bundle")}}) +
          "\n");
  EventReader events{reader, path, request.after};
  for (bool more = true; more;) {
    json::array page = events.next(request.follow);
    more = !events.ended() && (request.follow || !page.empty());
    for (json::value& event : page) {
      // The first event names its run, so that a file of them can be replayed.
      if (view::text(event, "type") == "run.created") event.as_object()["run"] = run;
      std::string line = as_json ? json::serialize(event) : view::event_line(event);
      if (!line.empty()) print(line + "\n");
    }
  }
}

ExitCode exit_code_of(const json::value& run) {
  return view::text(run, "state") == "completed" ? ExitCode::ok : ExitCode::failed;
}

std::string render_outcome(const json::value& run, const view::Style& style) {
  std::string state = view::text(run, "state");
  std::string reason = view::text(run, "reason");
  std::string result = view::paint("run " + view::text(run, "id") + " " + state,
                                   view::state_tint(state), style.colour);
  auto begun = view::instant(run, "created_at"), ended = view::instant(run, "finished_at");
  if (begun && ended) result += " in " + view::brief(*ended - *begun);
  if (!reason.empty() && state != "completed") result += ": " + reason;
  result += "\n";
  const json::value& output = view::member(run, "output");
  if (!output.is_null()) result += json::serialize(output) + "\n";
  return result;
}

} // namespace troupe::cli
