#include "runtime/supervision/feed.hpp"

#include <boost/json.hpp>

#include "runtime/json_value.hpp"
#include "runtime/limits.hpp"
#include "runtime/supervision/run_view.hpp"

namespace troupe::supervision {

namespace json = boost::json;

namespace {

json::object data_of(RunId run, const ports::JournalRow& row) {
  json::object data{{"run", to_string(run)}, {"seq", row.seq}};
  const auto page = view_events({row});
  auto read = page ? read_json(page->text) : std::nullopt;
  if (!read) return data;
  auto& parts = read->get_object();
  if (page->text.size() <= limits::payload_bytes_max) {
    data["events"] = std::move(parts["events"]);
  } else {
    json::array types;
    for (const auto& event : parts["events"].get_array()) types.push_back(event.at("type"));
    data["types"] = std::move(types);
  }
  data["end"] = parts["end"];
  return data;
}

} // namespace

std::string cloud_event(RunId run, const ports::JournalRow& row, std::string_view cluster,
                        std::string_view node) {
  const std::string seq = std::to_string(row.seq);
  return json::serialize(
      json::object{{"specversion", "1.0"},
                   {"id", to_string(run) + '/' + seq},
                   {"source", "/troupe/" + std::string{cluster} + '/' + std::string{node}},
                   {"type", "io.troupe.run.appended"},
                   {"subject", to_string(run)},
                   {"time", to_iso8601(row.at)},
                   {"datacontenttype", "application/json"},
                   {"sequence", seq},
                   {"data", data_of(run, row)}});
}

} // namespace troupe::supervision
