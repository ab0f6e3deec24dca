#include "runtime/intake/injected.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/ascii.hpp"
#include "runtime/base64.hpp"
#include "runtime/json_value.hpp"
#include "runtime/utf8.hpp"

namespace troupe::intake {

namespace json = boost::json;

const std::string* Injected::header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& header) { return lower(header.first) == name; });
  return found == headers.end() ? nullptr : &found->second;
}

JsonText encode_injected(const Injected& injected) {
  json::array headers;
  for (const auto& [name, value] : injected.headers)
    headers.push_back(json::array{clean_utf8(name), clean_utf8(value)});
  json::object out{{"in", injected.channel},
                   {"by", injected.sender},
                   {"place", injected.place},
                   {"headers", std::move(headers)}};
  if (is_utf8(injected.payload))
    out["payload"] = injected.payload;
  else
    out["payload_base64"] = base64_encode(injected.payload);
  return JsonText{json::serialize(out)};
}

Result<Injected> read_injected(const JsonText& text) {
  try {
    const auto value = read_json(text.text).value();
    const auto string = [](const json::value& v) { return std::string{v.as_string()}; };
    Injected out{string(value.at("in")), string(value.at("by")), {}, {}, string(value.at("place"))};
    for (const auto& header : value.at("headers").as_array())
      out.headers.emplace_back(string(header.at(0)), string(header.at(1)));
    if (const auto* payload = value.as_object().if_contains("payload"))
      out.payload = string(*payload);
    else
      out.payload = base64_decode(string(value.at("payload_base64"))).value();
    return out;
  } catch (const std::exception& error) {
    return make_error(ErrorClass::internal,
                      std::string{"what was injected cannot be read back: "} + error.what());
  }
}

} // namespace troupe::intake
