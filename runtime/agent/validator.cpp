#include <algorithm>
#include <boost/json.hpp>

#include "runtime/agent/excerpt.hpp"
#include "runtime/agent/native.hpp"
#include "runtime/plan/json_value.hpp"

namespace troupe::agent {
namespace {

namespace json = boost::json;
using Json = json::value;

using plan::equal;

bool contains(const Json& whole, const Json& part) {
  if (const auto* items = whole.if_array())
    return std::any_of(items->begin(), items->end(), [&](const auto& i) { return equal(i, part); });
  if (!part.is_string()) return false;
  if (const auto* text = whole.if_string())
    return text->find(part.get_string()) != json::string::npos;
  const auto* fields = whole.if_object();
  return fields && fields->contains(part.get_string());
}

// ---- one comparison per word

using Holds = bool (*)(const Json& actual, const Json& expected);
bool is_number(const Json& value) { return value.is_number(); }
long double number(const Json& value) { return *plan::number_of(value); }
bool is_list(const Json& value) { return value.is_array(); }
bool is_any(const Json&) { return true; }

struct Comparison {
  const char* word;
  const char* wants; // what it may be given, for a fault
  bool (*accepts)(const Json&);
  Holds holds;
};

constexpr Comparison comparisons[] = {
    {"equals", "any value", is_any, equal},
    {"not", "any value", is_any, [](const Json& a, const Json& e) { return !equal(a, e); }},
    {"at_least", "a number", is_number,
     [](const Json& a, const Json& e) { return a.is_number() && number(a) >= number(e); }},
    {"at_most", "a number", is_number,
     [](const Json& a, const Json& e) { return a.is_number() && number(a) <= number(e); }},
    {"contains", "any value", is_any, contains},
    {"one_of", "a list", is_list, [](const Json& a, const Json& e) { return contains(e, a); }},
};

std::string brief(const Json& value) {
  std::string text;
  plan::append_json(text, value);
  return excerpt(text, 200);
}

struct Verdict {
  json::array met;    // names
  std::string unmet;  // one line each
  std::string faults; // one line each; the task itself is wrong
};

/// True if it holds; otherwise a line is added to `verdict`.
bool judge(const std::string& name, const json::object& expectation, const Comparison& comparison,
           const Json& expected, Verdict& verdict) {
  const auto* actual = expectation.if_contains("is");
  const Json nothing;
  if (!comparison.accepts(expected)) {
    verdict.faults += "\n- " + name + ": `" + comparison.word + "` must be " + comparison.wants +
                      ", not " + brief(expected);
    return false;
  }
  if (comparison.holds(actual ? *actual : nothing, expected)) return true;
  verdict.unmet += "\n- " + name + ": is " + brief(actual ? *actual : nothing) + ", expected " +
                   comparison.word + " " + brief(expected);
  return false;
}

void judge(const Json& item, std::size_t index, Verdict& verdict) {
  auto name = "expect[" + std::to_string(index) + "]";
  const auto* expectation = item.if_object();
  if (!expectation) {
    verdict.faults += "\n- " + name + " must be a map such as {name, is, equals}";
    return;
  }
  const auto* given = expectation->if_contains("name");
  if (given && given->is_string()) name = std::string{given->get_string()};
  bool compared = false;
  bool holds = true;
  for (const auto& [key, expected] : *expectation) {
    if (key == "name" || key == "is") continue;
    const auto* comparison = std::find_if(std::begin(comparisons), std::end(comparisons),
                                          [word = key](const auto& c) { return word == c.word; });
    compared = true;
    if (comparison == std::end(comparisons)) {
      verdict.faults += "\n- " + name + ": unknown key `" + std::string{key} +
                        "`; known: name, is, equals, not, at_least, at_most, contains, one_of";
      holds = false;
    } else {
      holds = judge(name, *expectation, *comparison, expected, verdict) && holds;
    }
  }
  if (!compared) verdict.faults += "\n- " + name + ": says not what to expect; add `equals`";
  if (compared && holds) verdict.met.emplace_back(name);
}

Action verdict_on(const JsonText& text) {
  const auto task = plan::parse_json(text);
  const auto* fields = task.if_object();
  const auto* expect = fields ? fields->if_contains("expect") : nullptr;
  if (!expect || !expect->is_array() || expect->get_array().empty())
    return Fail{make_error(ErrorClass::invalid_input,
                           "the task of a validator must be {\"expect\": [{name, is, equals}, ..]}"
                           " with at least one item")};
  Verdict verdict;
  const auto& items = expect->get_array();
  for (std::size_t i = 0; i < items.size(); ++i) judge(items[i], i, verdict);
  if (!verdict.faults.empty())
    return Fail{make_error(ErrorClass::invalid_input,
                           "expectations that cannot be judged:" + verdict.faults)};
  if (!verdict.unmet.empty())
    return Fail{
        make_error(ErrorClass::task_failed, "expectations that are not met:" + verdict.unmet)};
  return Complete{JsonText{json::serialize(json::object{{"met", std::move(verdict.met)}})}};
}

class Validator final : public Agent {
 public:
  explicit Validator(const Task& task) : task_{task.task} {}

  std::vector<Action> on(const Event& event, Instant) override {
    if (over_ || !std::holds_alternative<Started>(event)) return {};
    over_ = true;
    return {verdict_on(task_)};
  }

 private:
  JsonText task_;
  bool over_ = false;
};

} // namespace

std::unique_ptr<Agent> make_validator(const Task& task) {
  return std::make_unique<Validator>(task);
}

} // namespace troupe::agent
