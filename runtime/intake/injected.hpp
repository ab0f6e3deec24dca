// Stage 1 of 9: what somebody injected on the bus, as it was sent.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/json_text.hpp"
#include "runtime/result.hpp"

namespace troupe::intake {

struct Injected {
  std::string channel; // <source> of in.<source>: for whom the bus lets the sender speak
  std::string sender;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string payload;
  std::string place; // tells it from every other of the channel

  /// Of the first header of that name (in lower case), whatever case it was sent in; null: none.
  const std::string* header(std::string_view name) const;
};

/// {"in","by","place","headers":[[name,value]],"payload"}: how it is kept; `payload_base64` in
/// place of `payload` where that is no text.
JsonText encode_injected(const Injected& injected);
/// internal: not what encode_injected makes.
Result<Injected> read_injected(const JsonText& json);

} // namespace troupe::intake
