#include "net/http/api_parameters.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "net/http/api_body.hpp"
#include "runtime/intake_limits.hpp"
#include "runtime/message/agent_message.hpp"
#include "runtime/view_limits.hpp"

namespace troupe::http {
namespace {

namespace json = boost::json;

constexpr std::uint32_t page_max = 1'000;
constexpr std::size_t key_bytes_max = 255;

std::optional<std::string_view> value_of(const Fields& query, std::string_view name) {
  for (const auto& [key, value] : query)
    if (key == name) return value;
  return std::nullopt;
}

/// Fills `number` if the parameter is there.
template <class Number>
Result<> read_number(const Fields& query, std::string_view name, Number least, Number most,
                     std::optional<Number>& number) {
  const auto text = value_of(query, name);
  if (!text) return {};
  Number value{};
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size() || value < least || value > most)
    return invalid("?" + std::string{name} + "=" + std::string{*text} +
                   ": expected a number from " + std::to_string(least) + " to " +
                   std::to_string(most));
  number = value;
  return {};
}

/// Each "?label=name=value".
Result<> read_wanted_labels(const Fields& query, Labels& labels) {
  for (const auto& [name, value] : query) {
    if (name != "label") continue;
    if (auto added = add_label(labels, value); !added)
      return invalid("?label=: " + added.error().message);
  }
  return {};
}

Result<> read_labels(const json::object& object, Labels& labels) {
  const auto* value = object.if_contains("labels");
  if (!value || value->is_null()) return {};
  if (!value->is_object()) return invalid("/labels: expected an object of texts");
  for (const auto& [name, text] : value->get_object()) {
    if (!text.is_string()) return invalid("/labels/" + std::string{name} + ": expected a string");
    labels[name] = text.get_string();
  }
  if (auto checked = check_labels(labels); !checked)
    return invalid("/labels: " + checked.error().message);
  return {};
}

Result<> read_inputs(const json::object& object, JsonText& inputs) {
  const auto* value = object.if_contains("inputs");
  if (!value || value->is_null()) return {};
  if (!value->is_object())
    return invalid("/inputs: expected an object with a value for each input of the plan");
  inputs = JsonText{json::serialize(*value)};
  return {};
}

Result<> read_priority(const json::object& object, message::Priority& priority) {
  std::string name{message::to_string(priority)};
  if (auto read = read_text(object, "priority", name); !read) return read;
  const auto parsed = message::parse_priority(name);
  if (!parsed) return invalid("/priority: expected low, normal, high or critical");
  priority = *parsed;
  return {};
}

Result<> read_key(std::optional<std::string_view> header, std::string& key) {
  if (header && !key.empty() && *header != key)
    return invalid("/idempotency_key and the header Idempotency-Key differ: give one of them");
  if (header) key = *header;
  if (key.size() > key_bytes_max)
    return invalid("the idempotency key has " + std::to_string(key.size()) +
                   " bytes: expected at most " + std::to_string(key_bytes_max));
  return {};
}

} // namespace

Result<> check_query(const Fields& query, std::initializer_list<std::string_view> known) {
  for (auto field = query.begin(); field != query.end(); ++field) {
    const auto& name = field->first;
    if (std::ranges::find(known, name) == known.end())
      return invalid(
          "?" + name + "=: unknown; " +
          (known.size() == 0 ? "there are no parameters here" : "expected " + joined(known)));
    if (name != "label" &&
        std::any_of(query.begin(), field, [&](const auto& other) { return other.first == name; }))
      return invalid("?" + name + "=: given twice");
  }
  return {};
}

Result<ports::JobFilter> parse_filter(const Fields& query, bool pages) {
  const auto checked = pages ? check_query(query, {"team", "state", "label", "limit", "before"})
                             : check_query(query, {"team", "state", "label", "limit"});
  if (!checked) return checked.error();
  ports::JobFilter filter;
  filter.team = value_of(query, "team").value_or("");
  if (const auto state = value_of(query, "state"); state && !state->empty()) {
    filter.state = ports::parse_run_state(*state);
    if (!filter.state)
      return invalid("?state=" + std::string{*state} +
                     ": expected running, completed, failed, cancelled or needs_person");
  }
  if (auto read = read_wanted_labels(query, filter.labels); !read) return read.error();
  std::optional<std::uint32_t> limit;
  if (auto read = read_number(query, "limit", 1u, page_max, limit); !read) return read.error();
  filter.limit = limit.value_or(filter.limit);
  if (const auto before = value_of(query, "before"); before && !before->empty()) {
    filter.before = parse_id<JobId>(*before);
    if (!filter.before) return invalid("?before=" + std::string{*before} + ": expected a job's id");
  }
  return filter;
}

Result<ports::EventsPage> parse_events_page(const Fields& query) {
  if (auto checked = check_query(query, {"after", "limit", "wait"}); !checked)
    return checked.error();
  ports::EventsPage page;
  constexpr Seq seq_max = 9'223'372'036'854'775'807; // what the store can hold
  if (auto read = read_number(query, "after", Seq{0}, seq_max, page.after); !read)
    return read.error();
  std::optional<std::uint32_t> limit;
  if (auto read = read_number(query, "limit", 1u, page_max, limit); !read) return read.error();
  page.limit = limit.value_or(page.limit);
  if (const auto text = value_of(query, "wait")) {
    const auto wait = parse_duration(*text);
    if (!wait) return invalid("?wait=" + std::string{*text} + ": expected a duration such as 20s");
    page.wait = std::min<Millis>(*wait, limits::events_wait_max);
  }
  return page;
}

Result<std::uint32_t> parse_limit(const Fields& query) {
  if (auto checked = check_query(query, {"limit"}); !checked) return checked.error();
  std::optional<std::uint32_t> limit;
  if (auto read = read_number(query, "limit", 1u, page_max, limit); !read) return read.error();
  return limit.value_or(50);
}

Result<LetterPage> parse_letter_page(const Fields& query) {
  if (auto checked = check_query(query, {"limit", "before"}); !checked) return checked.error();
  LetterPage page;
  std::optional<std::uint32_t> limit;
  std::optional<std::uint64_t> before;
  if (auto read = read_number(query, "limit", std::uint32_t{1}, page_max, limit); !read)
    return read.error();
  constexpr std::uint64_t place_max = std::uint64_t{1} << 62;
  if (auto read = read_number(query, "before", std::uint64_t{1}, place_max, before); !read)
    return read.error();
  return LetterPage{limit.value_or(page.limit), before.value_or(page.before)};
}

Result<ports::StepPage> parse_step_page(const Fields& query) {
  if (auto checked = check_query(query, {"step", "from", "limit"}); !checked)
    return checked.error();
  ports::StepPage page;
  std::optional<std::size_t> from, limit;
  constexpr std::size_t index_max = 1'000'000'000;
  if (auto read = read_number(query, "from", std::size_t{0}, index_max, from); !read)
    return read.error();
  if (auto read = read_number(query, "limit", std::size_t{1}, std::size_t{page_max}, limit); !read)
    return read.error();
  page.from = from.value_or(page.from);
  page.limit = limit.value_or(page.limit);
  page.step = value_of(query, "step").value_or("");
  if (page.step.empty()) return invalid("?step=: expected the path of a foreach or repeat");
  return page;
}

Result<ScheduleQuery> parse_schedule_choice(const Fields& query) {
  if (auto checked = check_query(query, {"team", "id", "limit"}); !checked) return checked.error();
  ScheduleQuery choice;
  choice.schedule = {std::string{value_of(query, "team").value_or("")},
                     std::string{value_of(query, "id").value_or("")}};
  std::optional<std::uint32_t> limit;
  if (auto read = read_number(query, "limit", 1u, limits::schedule_times_max, limit); !read)
    return read.error();
  choice.limit = limit.value_or(choice.limit);
  return choice;
}

Result<std::string> parse_key_header(std::optional<std::string_view> key_header) {
  std::string key;
  if (auto read = read_key(key_header, key); !read) return read.error();
  return key;
}

Result<std::string> parse_by(std::string_view body) {
  std::string by;
  if (is_blank(body)) return by;
  const auto object = parse_object(body, {"by"});
  if (!object) return object.error();
  if (auto read = read_text(*object, "by", by); !read) return read.error();
  return by;
}

Result<ports::JobRequest> parse_job_request(std::string_view body,
                                            std::optional<std::string_view> key_header) {
  const auto object = parse_object(body, {"plan", "plan_name", "plan_file", "team", "title",
                                          "inputs", "idempotency_key", "priority", "labels"});
  if (!object) return object.error();
  ports::JobRequest request;
  const std::pair<const char*, std::string&> texts[] = {
      {"plan", request.plan_text},      {"plan_name", request.plan_name},
      {"plan_file", request.plan_file}, {"team", request.team},
      {"title", request.title},         {"idempotency_key", request.idempotency_key},
  };
  for (const auto& [key, text] : texts)
    if (auto read = read_text(*object, key, text); !read) return read.error();
  if (request.plan_text.empty() == request.plan_name.empty())
    return invalid(
        "expected one of /plan (the text of a plan, YAML or JSON) and /plan_name (a plan "
        "of the team)");
  if (auto read = read_inputs(*object, request.inputs); !read) return read.error();
  if (auto read = read_labels(*object, request.labels); !read) return read.error();
  if (auto read = read_priority(*object, request.priority); !read) return read.error();
  if (auto read = read_key(key_header, request.idempotency_key); !read) return read.error();
  return request;
}

Result<std::string> parse_cancel(std::string_view body) {
  std::string reason;
  if (is_blank(body)) return reason;
  const auto object = parse_object(body, {"reason"});
  if (!object) return object.error();
  if (auto read = read_text(*object, "reason", reason); !read) return read.error();
  return reason;
}

Result<JsonText> parse_signal_body(std::string_view body) {
  if (is_blank(body)) return JsonText{};
  const auto value = parse_body(body);
  if (!value) return value.error();
  return JsonText{std::string{body}};
}

Result<> check_signal_name(std::string_view name) {
  const bool ok = !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  if (ok) return {};
  return invalid("'" + std::string{name} +
                 "' is not the name of a signal: expected 1 to 64 letters, digits, _ or -");
}

} // namespace troupe::http
