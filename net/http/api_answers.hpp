// What the results of operations become. Private to net/http.
#pragma once
#include <optional>
#include <string>
#include <utility>

#include "net/http/api_json.hpp"
#include "net/http/message.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::http {

inline Response found(std::string body) { return {200, std::move(body)}; }

inline Response no_such(std::string_view what, const std::string& id) {
  return problem(404, "there is no " + std::string{what} + " " + id);
}

inline Response created(const ports::Submitted& submitted) {
  return {submitted.duplicate ? 200 : 201,
          to_json(submitted),
          "application/json",
          {{"Location", "/v1/jobs/" + to_string(submitted.job)}}};
}

inline Response recorded(bool yes) {
  return found(yes ? R"({"recorded":true})" : R"({"recorded":false})");
}

/// `respond` of the value, or the problem of the error.
template <class T, class Respond>
ports::Operations::Done<T> into(Answer answer, Respond respond) {
  return [answer = std::move(answer), respond = std::move(respond)](Result<T> result) {
    answer(result ? respond(*result) : to_response(result.error()));
  };
}

/// A document about a run that may not be there: 404 for null.
inline auto run_document(std::string id) {
  return [id = std::move(id)](const JsonText& document) {
    return document.text == "null" ? no_such("run", id) : found(document.text);
  };
}

/// The run of the path, or nothing: then it has been answered.
inline std::optional<RunId> run_of(const Request& request, const Answer& answer) {
  const auto& text = request.path_value("id");
  const auto id = parse_id<RunId>(text);
  if (!id) answer(no_such("run", text));
  return id;
}

} // namespace troupe::http
