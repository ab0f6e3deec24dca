#include "actors/dead_letters.hpp"

#include <boost/json.hpp>

#include "actors/protocol.hpp"
#include "runtime/json_value.hpp"

namespace troupe::actors {
namespace {

namespace json = boost::json;
using ports::DeadLetter;

template <class T>
using Done = ports::Operations::Done<T>;

json::value event_of(const DeadLetter& letter) { return read_json(letter.letter.text).value(); }

json::object heading(const DeadLetter& letter, const json::value& event) {
  return {{"id", letter.id},
          {"in", letter.channel},
          {"by", event.at("by")},
          {"at", to_iso8601(letter.at)},
          {"reason", letter.reason}};
}

JsonText document(const DeadLetter& letter) {
  auto event = event_of(letter);
  auto out = heading(letter, event);
  out["event"] = std::move(event);
  return JsonText{json::serialize(out)};
}

/// The answer where there is no such letter is null.
void find(const Context& context, std::string id, const Done<JsonText>& done,
          std::function<void(const DeadLetter&)> then) {
  context->dead_letters->get(
      std::move(id), [done, then = std::move(then)](Result<std::optional<DeadLetter>> letter) {
        if (!letter) return done(letter.error());
        if (!*letter) return done(JsonText{});
        then(**letter);
      });
}

/// What was wrong this time is kept with it; what was taken goes.
Done<JsonText> settling(const Context& context, DeadLetter letter, Done<JsonText> done) {
  return [context, letter = std::move(letter), done = std::move(done)](Result<JsonText> outcome) {
    if (outcome)
      return context->dead_letters->remove(letter.id, [done, outcome](const Result<bool>& removed) {
        removed ? done(outcome) : done(removed.error());
      });
    if (outcome.error().error_class != ErrorClass::invalid_input) return done(outcome.error());
    auto again = letter;
    again.reason = outcome.error().message;
    context->dead_letters->put(std::move(again),
                               [done, outcome](const Result<>&) { done(outcome.error()); });
  };
}

} // namespace

void list_dead_letters(const Context& context, std::uint32_t limit, std::uint64_t before,
                       Done<JsonText> done) {
  context->dead_letters->list(
      limit, before,
      [done = std::move(done), limit](const Result<std::vector<DeadLetter>>& letters) {
        if (!letters) return done(letters.error());
        json::array out;
        for (const auto& letter : *letters) out.push_back(heading(letter, event_of(letter)));
        json::object answer{{"dead_letters", std::move(out)}, {"next", nullptr}};
        if (letters->size() == limit) answer["next"] = letters->back().place;
        done(JsonText{json::serialize(answer)});
      });
}

void show_dead_letter(const Context& context, std::string id, Done<JsonText> done) {
  find(context, std::move(id), done, [done](const DeadLetter& letter) { done(document(letter)); });
}

void retry_dead_letter(const Context& context, std::string id, Done<JsonText> done) {
  find(context, std::move(id), done, [context, done](const DeadLetter& letter) {
    auto event = intake::read_injected(letter.letter);
    if (!event) return done(event.error());
    const auto intake = context->actors->find("intake");
    if (!intake)
      return done(make_error(ErrorClass::no_capacity, "the intake is starting again; once more"));
    caf::anon_send(intake,
                   EventInjected{std::move(*event), settling(context, letter, done), false});
  });
}

} // namespace troupe::actors
