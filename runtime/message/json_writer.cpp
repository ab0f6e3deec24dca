#include "runtime/message/json_writer.hpp"

#include "runtime/message/json_scan.hpp"

namespace troupe::message {
namespace {

void append_escaped(std::string& out, char c) {
  constexpr char hex[] = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: out.append("\\u00").append({hex[c >> 4], hex[c & 15]});
  }
}

} // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const std::size_t plain = plain_prefix(text);
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    std::size_t length = 1;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      append_escaped(out, text[0]);
    } else if ((length = utf8_sequence(text)) > 0) {
      out.append(text.data(), length);
    } else {
      out += "\xef\xbf\xbd"; // U+FFFD
      length = 1;
    }
    text.remove_prefix(length);
  }
  out += '"';
}

} // namespace troupe::message
