#include "net/http/api_events.hpp"

#include "net/http/api_answers.hpp"
#include "net/http/api_parameters.hpp"
#include "runtime/config/syntax.hpp"

namespace troupe::http {

using ports::Operations;

Result<intake::Injected> event_of(Request& request) {
  const auto& in = request.path_value("in");
  if (!config::is_node_name(in))
    return make_error(ErrorClass::invalid_input,
                      "a source is letters, digits, `_` and `-`; not `" + in + "`");
  intake::Injected event{in, "http", {}, std::move(request.body), ""};
  for (auto& [name, value] : request.headers)
    if (name == "content-type" || name.starts_with("ce-")) event.headers.emplace_back(name, value);
  return event;
}

namespace {

auto letter_document(std::string id) {
  return [id = std::move(id)](const JsonText& document) {
    return document.text == "null" ? no_such("dead letter", id) : found(document.text);
  };
}

void add_dead_letters(Router& router, Operations& operations) {
  router.on("GET", "/v1/dead-letters", [&](Request request, Answer answer) {
    const auto page = parse_letter_page(request.query);
    if (!page) return answer(to_response(page.error()));
    operations.dead_letters(
        page->limit, page->before,
        into<JsonText>(answer, [](const auto& letters) { return found(letters.text); }));
  });
  router.on("GET", "/v1/dead-letters/{id}", [&](Request request, Answer answer) {
    const auto& id = request.path_value("id");
    operations.dead_letter(id, into<JsonText>(answer, letter_document(id)));
  });
  router.on("POST", "/v1/dead-letters/{id}/retry", [&](Request request, Answer answer) {
    const auto& id = request.path_value("id");
    operations.retry_dead_letter(id, into<JsonText>(answer, letter_document(id)));
  });
  router.on("POST", "/v1/dead-letters/{id}/drop", [&](Request request, Answer answer) {
    const auto& id = request.path_value("id");
    operations.drop_dead_letter(id, into<bool>(answer, [id](bool dropped) {
                                  return dropped ? found(R"({"dropped":true})")
                                                 : no_such("dead letter", id);
                                }));
  });
}

} // namespace

void add_events(Router& router, Operations& operations) {
  router.on("POST", "/v1/events/{in}", [&](Request request, Answer answer) {
    auto event = event_of(request);
    if (!event) return answer(to_response(event.error()));
    operations.inject(std::move(*event), into<JsonText>(answer, [](const auto& receipt) {
                        return found(receipt.text);
                      }));
  });
  add_dead_letters(router, operations);
}

} // namespace troupe::http
