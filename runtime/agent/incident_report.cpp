#include "runtime/agent/incident_report.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <optional>
#include <vector>

#include "runtime/agent/markdown.hpp"
#include "runtime/plan/json_value.hpp"

namespace troupe::agent {
namespace {

namespace json = boost::json;
using markdown::code;

constexpr std::size_t block_bytes_max = 8 * 1024;
constexpr std::size_t blocks_bytes_max = 128 * 1024; // of all blocks together

// ---- reading the task

const json::value* at(const json::value& value, std::string_view key) {
  const auto* fields = value.if_object();
  const auto* found = fields ? fields->if_contains(key) : nullptr;
  return found && !found->is_null() ? found : nullptr;
}

std::string text_at(const json::value& value, std::string_view key) {
  const auto* found = at(value, key);
  return found && found->is_string() ? std::string{found->get_string()} : "";
}

/// "tool_failed: no answer" of a text or of {class, message}; the run writes {class: null} where
/// nothing failed.
std::string error_at(const json::value& value) {
  const auto* error = at(value, "error");
  if (!error || error->is_string()) return text_at(value, "error");
  const auto error_class = text_at(*error, "class");
  const auto message = text_at(*error, "message");
  return error_class + (error_class.empty() || message.empty() ? "" : ": ") + message;
}

/// A step, as the plan's task tells it and as the run's timeline has it; either may be missing.
struct StepTold {
  std::string step, part, state, error;
  const json::value* output = nullptr;
  const json::value* row = nullptr; // of the timeline

  bool ended() const { return state == "completed" || state == "failed"; }
};

struct Incident {
  std::string title, service, job, run;
  std::optional<Instant> created_at;
  const json::value* alert = nullptr;
  std::vector<StepTold> steps;
  const json::value* diagnosis = nullptr; // the output of the last diagnosis that completed
  bool healed = false;
  std::string cause, action, needs_person;

  bool any(std::string_view part) const {
    return std::any_of(steps.begin(), steps.end(),
                       [&](const auto& s) { return s.part == part && s.ended(); });
  }
};

/// Ids are unique in a plan, so the end of a path names its step.
bool names(std::string_view path, std::string_view step) {
  return path == step || (path.ends_with(step) && path[path.size() - step.size() - 1] == '/');
}

Result<std::vector<StepTold>> read_told(const json::value& task) {
  const auto* entries = at(task, "steps");
  if (!entries || !entries->is_array())
    return make_error(ErrorClass::invalid_input,
                      "the task of a reporter must have `steps`, a list of {step, part, output}");
  std::vector<StepTold> told;
  for (const auto& entry : entries->get_array()) {
    told.push_back({text_at(entry, "step"), text_at(entry, "part"), text_at(entry, "state"),
                    error_at(entry), at(entry, "output")});
    if (told.back().step.empty())
      return make_error(ErrorClass::invalid_input,
                        "each of a reporter's `steps` needs `step`, the id of a step");
  }
  return told;
}

/// The rows of the run's timeline with what the task tells of them, in the run's order; then what
/// it tells beside. The reporter's own row is left out: it changes while the report is written.
std::vector<StepTold> merge(std::vector<StepTold> told, const json::value* timeline,
                            std::string_view own_step) {
  std::vector<StepTold> all;
  if (timeline && timeline->is_array()) {
    for (const auto& row : timeline->get_array()) {
      StepTold step{text_at(row, "step"), "", text_at(row, "state"), error_at(row)};
      if (step.step == own_step) continue;
      const auto found = std::find_if(told.begin(), told.end(),
                                      [&](const auto& t) { return names(step.step, t.step); });
      if (found != told.end()) {
        step.part = found->part;
        step.output = found->output;
        if (!found->state.empty()) step.state = found->state;
        if (!found->error.empty()) step.error = found->error;
        told.erase(found);
      }
      step.row = &row;
      all.push_back(std::move(step));
    }
  }
  std::move(told.begin(), told.end(), std::back_inserter(all));
  return all;
}

Result<Incident> read_incident(const json::value& task, const json::value& context,
                               std::string_view own_step) {
  auto told = read_told(task);
  if (!told.ok()) return told.error();
  Incident incident;
  incident.steps = merge(std::move(*told), at(context, "timeline"), own_step);
  const auto* job = at(context, "job");
  const auto* run = at(context, "run");
  incident.title = text_at(task, "title");
  if (incident.title.empty() && job) incident.title = text_at(*job, "title");
  incident.service = text_at(task, "service");
  incident.job = job ? text_at(*job, "id") : "";
  incident.run = run ? text_at(*run, "id") : "";
  incident.created_at = parse_iso8601(text_at(context, "created_at"));
  incident.alert = at(task, "alert");
  return incident;
}

void conclude(Incident& incident) {
  bool verified = false;
  bool unmet = false;
  for (const auto& step : incident.steps) {
    if (step.part == "verification") (step.state == "completed" ? verified : unmet) = true;
    if (step.part == "diagnosis" && step.output) incident.diagnosis = step.output;
  }
  incident.healed = verified && !unmet;
  if (!incident.diagnosis) return;
  incident.cause = text_at(*incident.diagnosis, "cause");
  incident.action = text_at(*incident.diagnosis, "action");
  incident.needs_person = text_at(*incident.diagnosis, "needs_person");
}

/// What stopped the run. Evidence that could not be had stops nothing.
const StepTold* first_failed(const Incident& incident) {
  const auto failed =
      std::find_if(incident.steps.begin(), incident.steps.end(), [](const auto& step) {
        return step.state == "failed" && step.part != "evidence" && !step.part.empty();
      });
  return failed == incident.steps.end() ? nullptr : &*failed;
}

std::string summary_of(const Incident& incident) {
  const auto subject = incident.service.empty() ? incident.title : incident.service;
  std::string text = subject + (incident.healed ? " is healed" : " is not healed");
  if (!incident.cause.empty()) text += "; cause: " + incident.cause;
  if (!incident.action.empty()) text += "; action: " + incident.action;
  const auto* failed = first_failed(incident);
  if (!incident.healed && failed) text += "; step " + failed->step + " failed";
  if (!incident.needs_person.empty()) text += "; a person must decide";
  return markdown::printable(text, false);
}

// ---- writing the sections

class Writer {
 public:
  explicit Writer(const Incident& incident) : incident_{incident} {}

  std::string write() {
    head();
    decision();
    what_fired();
    timeline();
    diagnosis();
    steps_of("action", "What was done", "Nothing was started, stopped or changed.");
    steps_of("verification", "Verification", "Nothing was verified.");
    while (text_.ends_with("\n\n")) text_.pop_back();
    return std::move(text_);
  }

 private:
  void heading(const std::string& title) { text_ += "## " + title + "\n\n"; }
  void paragraph(const std::string& text) { text_ += text + "\n\n"; }
  void item(const std::string& name, const std::string& value) {
    text_ += "- " + name + ": " + value + "\n";
  }

  void block(const json::value& value) {
    if (blocks_left_ == 0) return paragraph("(left out: the report is full; see the run's events)");
    std::string pretty;
    print(value, 0, pretty);
    const auto bytes = std::min({pretty.size(), block_bytes_max, blocks_left_});
    text_ += markdown::block(pretty, "json", bytes);
    blocks_left_ -= bytes;
  }

  /// JSON over several lines, for eyes: what is short stands on one.
  static void print(const json::value& value, std::size_t indent, std::string& out) {
    std::string flat;
    plan::append_json(flat, value);
    const bool open = value.is_object() || value.is_array();
    if (!open || flat.size() + indent <= 80) {
      out += flat;
      return;
    }
    const std::string margin(indent + 2, ' ');
    const char* separator = "\n";
    out += value.is_object() ? '{' : '[';
    const auto entry = [&](const std::string& key, const json::value& inner) {
      out += separator + margin + key;
      print(inner, indent + 2, out);
      separator = ",\n";
    };
    if (const auto* fields = value.if_object())
      for (const auto& [key, inner] : *fields)
        entry(json::serialize(json::value(key)) + ": ", inner);
    if (const auto* items = value.if_array())
      for (const auto& inner : *items) entry("", inner);
    out += "\n" + std::string(indent, ' ') + (value.is_object() ? "}" : "]");
  }

  void head() {
    text_ += "# Incident report: " + markdown::line(incident_.title) + "\n\n";
    paragraph(incident_.healed ? "**Healed**, and verified." : "**Not healed.**");
    if (!incident_.service.empty()) item("Service", code(incident_.service));
    if (!incident_.cause.empty()) item("Cause", code(incident_.cause));
    if (!incident_.action.empty()) item("Action", code(incident_.action));
    if (incident_.created_at) item("Job created", code(to_iso8601(*incident_.created_at)));
    if (const auto at = verified_at(); at && incident_.created_at)
      item("Verified",
           code(to_iso8601(*at)) + ", " + seconds(*at - *incident_.created_at) + " after that");
    if (!incident_.job.empty()) item("Job", code(incident_.job));
    if (!incident_.run.empty()) item("Run", code(incident_.run));
    text_ += "\n";
  }

  static std::string seconds(Millis duration) { // "6.4 s"
    const auto tenths = std::max<Millis::rep>(duration.count(), 0) / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
  }

  std::optional<Instant> verified_at() const {
    std::optional<Instant> last;
    for (const auto& step : incident_.steps)
      if (incident_.healed && step.part == "verification" && step.row)
        last = std::max(last, parse_iso8601(text_at(*step.row, "finished_at")));
    return last;
  }

  /// Asked for by the diagnosis, or by a run that could not heal.
  void decision() {
    if (incident_.needs_person.empty() && incident_.healed) return;
    heading("What a person must decide");
    if (!incident_.needs_person.empty()) return paragraph(markdown::line(incident_.needs_person));
    const auto* failed = first_failed(incident_);
    const auto happened = !failed ? "No step verified the service."
                                  : "Step " + code(failed->step) + " failed" +
                                        (failed->error.empty() ? "" : " with ") +
                                        (failed->error.empty() ? "" : code(failed->error)) + ".";
    paragraph(happened + " " +
              (incident_.any("action")
                   ? "The action did not bring the service back: decide whether to try it again or "
                     "to look for another cause."
                   : "Nothing was changed: decide what to do about the service by hand."));
  }

  void alert(const json::value& alert) {
    const auto* labels = at(alert, "labels");
    const auto name = labels ? text_at(*labels, "alertname") : "";
    const auto status = text_at(alert, "status");
    const auto since = text_at(alert, "startsAt");
    text_ += "- " + code(name.empty() ? "alert" : name);
    if (!status.empty()) text_ += ", " + code(status);
    if (!since.empty()) text_ += ", since " + code(since);
    text_ += "\n";
  }

  void fields(const json::value& alert, std::string_view key) {
    const auto* map = at(alert, key);
    if (!map || !map->is_object()) return;
    text_ += "- " + std::string{key} + ":\n";
    for (const auto& [name, value] : map->get_object())
      text_ += "  - " + code(name) + " = " +
               code(value.is_string() ? std::string{value.get_string()} : json::serialize(value)) +
               "\n";
  }

  void what_fired() {
    heading("What fired");
    if (incident_.alert) {
      alert(*incident_.alert);
      fields(*incident_.alert, "labels");
      fields(*incident_.alert, "annotations");
      text_ += "\n";
    }
    if (!incident_.alert) paragraph("No alert: somebody asked for it.");
  }

  void when_and_where(const json::value& row) {
    std::string text;
    const auto from = text_at(row, "started_at");
    const auto to = text_at(row, "finished_at");
    if (!from.empty()) text += "from " + code(from) + " ";
    if (!to.empty()) text += "to " + code(to) + " ";
    if (const auto node = text_at(row, "node"); !node.empty()) text += "on " + code(node) + " ";
    const auto* attempts = at(row, "attempts");
    if (const auto* count = attempts ? attempts->if_int64() : nullptr; count && *count > 1)
      text += "in " + std::to_string(*count) + " attempts ";
    if (text.empty()) return;
    text.back() = '.';
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
    paragraph(text);
  }

  void heading_of(const StepTold& step, const std::string& number) {
    text_ += "### " + number + code(step.step) + " " + markdown::line(step.state) + "\n\n";
  }

  void what_came_of(const StepTold& step) {
    if (!step.error.empty()) paragraph("Error: " + code(step.error));
    if (step.output) block(*step.output);
  }

  /// Outputs stand once: those of the parts with a section of their own stand there.
  void timeline() {
    heading("Timeline");
    for (std::size_t i = 0; i < incident_.steps.size(); ++i) {
      const auto& step = incident_.steps[i];
      heading_of(step, std::to_string(i + 1) + ". ");
      if (step.row && step.ended()) when_and_where(*step.row);
      if (step.part != "diagnosis" && step.part != "action" && step.part != "verification")
        what_came_of(step);
    }
    if (incident_.steps.empty()) paragraph("No step ran.");
  }

  void diagnosis() {
    heading("Diagnosis and evidence");
    if (!incident_.diagnosis) return paragraph("There is none.");
    if (const auto why = text_at(*incident_.diagnosis, "explanation"); !why.empty())
      paragraph(markdown::line(why));
    const auto* evidence = at(*incident_.diagnosis, "evidence");
    block(evidence ? *evidence : *incident_.diagnosis);
  }

  void steps_of(std::string_view part, const std::string& title, const std::string& otherwise) {
    heading(title);
    if (!incident_.any(part)) return paragraph(otherwise);
    for (const auto& step : incident_.steps)
      if (step.part == part && step.ended()) heading_of(step, ""), what_came_of(step);
  }

  const Incident& incident_;
  std::string text_;
  std::size_t blocks_left_ = blocks_bytes_max;
};

} // namespace

Result<IncidentReport> write_incident_report(const Task& task) {
  const auto told = plan::parse_json(task.task);
  const auto context = plan::parse_json(task.context);
  auto incident = read_incident(told, context, task.step);
  if (!incident.ok()) return incident.error();
  conclude(*incident);
  return IncidentReport{incident->healed, summary_of(*incident), Writer{*incident}.write()};
}

} // namespace troupe::agent
