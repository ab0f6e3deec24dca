#include "runtime/message/json_reader.hpp"

#include <algorithm>
#include <charconv>

#include "runtime/limits.hpp"
#include "runtime/message/json_scan.hpp"

namespace troupe::message {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What a value that begins with `c` is called; empty if none does.
std::string_view kind_of(char c) {
  switch (c) {
    case '{': return "an object";
    case '[': return "an array";
    case '"': return "a string";
    case 't':
    case 'f': return "a boolean";
    case 'n': return "null";
    case '-': return "a number";
    default: return is_digit(c) ? "a number" : "";
  }
}

void append_utf8(std::string& out, unsigned code) {
  const auto byte = [&](unsigned bits) { out += static_cast<char>(bits); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | code >> 6), byte(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    byte(0xe0 | code >> 12), byte(0x80 | (code >> 6 & 0x3f)), byte(0x80 | (code & 0x3f));
  } else {
    byte(0xf0 | code >> 18), byte(0x80 | (code >> 12 & 0x3f));
    byte(0x80 | (code >> 6 & 0x3f)), byte(0x80 | (code & 0x3f));
  }
}

/// What a person sees of the byte a fault stands at.
std::string name_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte > 0x20 && byte < 0x7f) return std::string{'`'} + c + '`';
  constexpr char digits[] = "0123456789abcdef";
  return std::string{"byte 0x"} + digits[byte >> 4] + digits[byte & 15];
}

} // namespace

// ---- faults

bool JsonReader::fail(std::string message) {
  message_ = std::move(message);
  return false;
}

bool JsonReader::within(std::string_view quoted_key) {
  std::size_t shown = std::min<std::size_t>(quoted_key.size(), 100); // a stranger chose the key
  while (shown > 0 && shown < quoted_key.size() && (quoted_key[shown] & 0xc0) == 0x80) --shown;
  std::string step{"/"};
  for (const char c : quoted_key.substr(0, shown)) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step += c;
    }
  }
  pointer_.insert(0, step);
  return false;
}

bool JsonReader::within(std::size_t index) {
  pointer_.insert(0, '/' + std::to_string(index));
  return false;
}

std::string JsonReader::error() const {
  return (pointer_.empty() ? "the document itself" : pointer_) + ": " + message_;
}

bool JsonReader::mistyped(std::string_view expected) {
  const auto kind = kind_of(peek());
  if (kind.empty()) return not_json(expected);
  return fail(std::string{"expected "}.append(expected).append(", got ").append(kind));
}

bool JsonReader::not_json(std::string_view expected) {
  std::string text{"not JSON: expected "};
  text.append(expected).append(at_ < text_.size() ? ", got " + name_byte(text_[at_])
                                                  : ", but the text ends");
  return fail(text.append(" at offset ").append(std::to_string(at_)));
}

// ---- punctuation

void JsonReader::skip_space() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
    ++at_;
}

bool JsonReader::accept(char c) {
  skip_space();
  if (peek() != c || at_ >= text_.size()) return false;
  ++at_;
  return true;
}

bool JsonReader::open(char bracket, std::string_view expected) {
  return accept(bracket) || mistyped(expected);
}

bool JsonReader::close(char bracket) {
  return accept(bracket) || not_json(bracket == '}' ? "`,` or `}`" : "`,` or `]`");
}

bool JsonReader::at_end() {
  skip_space();
  return at_ == text_.size() || not_json("nothing after the value");
}

// ---- strings

bool JsonReader::read_key(Key& key) {
  skip_space();
  if (peek() != '"') return not_json("a key in quotes");
  const std::size_t begin = at_ + 1;
  const std::size_t plain = plain_prefix(text_.substr(begin));
  if (begin + plain < text_.size() && text_[begin + plain] == '"') {
    at_ = begin + plain + 1;
  } else if (!read_quoted(&key.unescaped)) {
    return false;
  }
  key.quoted = text_.substr(begin, at_ - 1 - begin);
  return accept(':') || not_json("`:`");
}

bool JsonReader::read_string(std::string& out, std::string_view expected) {
  skip_space();
  if (peek() != '"') return mistyped(expected);
  out.clear();
  return read_quoted(&out);
}

bool JsonReader::read_quoted(std::string* out) {
  ++at_; // the quote
  for (;;) {
    const auto rest = text_.substr(at_);
    const std::size_t plain = plain_prefix(rest);
    if (out) out->append(rest.data(), plain);
    at_ += plain;
    const char c = peek();
    if (c == '"') return ++at_, true;
    if (c == '\\') {
      if (!read_escape(out)) return false;
      continue;
    }
    const std::size_t length = utf8_sequence(text_.substr(at_));
    if (length == 0)
      return not_json(static_cast<unsigned char>(c) < 0x20 ? "the string to go on or to end"
                                                           : "UTF-8");
    if (out) out->append(text_.data() + at_, length);
    at_ += length;
  }
}

bool JsonReader::read_escape(std::string* out) {
  constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  ++at_; // the backslash
  if (peek() != 'u') {
    const auto at = at_ < text_.size() ? names.find(text_[at_]) : std::string_view::npos;
    if (at == std::string_view::npos) return not_json("an escape: one of \"\\/bfnrtu");
    if (out) *out += meanings[at];
    return ++at_, true;
  }
  unsigned code = 0;
  if (!read_code_unit(code)) return false;
  if (code >= 0xd800 && code <= 0xdfff) { // half of a pair
    unsigned low = 0;
    if (code >= 0xdc00 || text_.substr(at_, 2) != "\\u")
      return not_json("both halves of a surrogate pair");
    ++at_;
    if (!read_code_unit(low)) return false;
    if (low < 0xdc00 || low > 0xdfff) return not_json("both halves of a surrogate pair");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  if (out) append_utf8(*out, code);
  return true;
}

bool JsonReader::read_code_unit(unsigned& out) {
  ++at_; // the u
  const auto digits = text_.substr(at_, 4);
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), out, 16);
  at_ += static_cast<std::size_t>(end - digits.data());
  return (fault == std::errc{} && end == digits.data() + 4) || not_json("four hex digits");
}

// ---- numbers and words

bool JsonReader::read_number(std::string_view& out) {
  const std::size_t begin = at_;
  const auto digits = [&] {
    const std::size_t first = at_;
    while (is_digit(peek())) ++at_;
    return at_ > first || not_json("a digit");
  };
  if (peek() == '-') ++at_;
  if (peek() == '0') {
    ++at_; // no digit may follow
  } else if (!digits()) {
    return false;
  }
  if (peek() == '.' && (++at_, !digits())) return false;
  if (peek() == 'e' || peek() == 'E') {
    ++at_;
    if (peek() == '+' || peek() == '-') ++at_;
    if (!digits()) return false;
  }
  out = text_.substr(begin, at_ - begin);
  return true;
}

bool JsonReader::read_unsigned(std::uint64_t& out, std::uint64_t max) {
  skip_space();
  if (peek() != '-' && !is_digit(peek())) return mistyped("an unsigned integer");
  std::string_view number;
  if (!read_number(number)) return false;
  const auto* end = number.data() + number.size();
  const auto [stop, fault] = std::from_chars(number.data(), end, out);
  if (fault == std::errc{} && stop == end && out <= max) return true;
  return fail("expected an unsigned integer up to " + std::to_string(max) + ", got " +
              std::string{number.substr(0, 40)});
}

bool JsonReader::read_word(std::string_view word) {
  if (text_.substr(at_, word.size()) != word) return not_json("a value");
  at_ += word.size();
  return true;
}

bool JsonReader::read_bool(bool& out) {
  skip_space();
  if (peek() != 't' && peek() != 'f') return mistyped("a boolean");
  out = peek() == 't';
  return read_word(out ? "true" : "false");
}

bool JsonReader::accept_null() {
  skip_space();
  if (text_.substr(at_, 4) != "null") return false;
  at_ += 4;
  return true;
}

// ---- values of any kind

bool JsonReader::skip(std::size_t depth) {
  skip_space();
  const char c = peek();
  if ((c == '{' || c == '[') && depth > limits::json_depth_max)
    return fail("nested deeper than " + std::to_string(limits::json_depth_max) + " levels");
  std::string_view number;
  switch (c) {
    case '{': return read_object([&](std::string_view) { return skip(depth + 1); });
    case '[': return read_array([&] { return skip(depth + 1); });
    case '"': return read_quoted(nullptr);
    case 't': return read_word("true");
    case 'f': return read_word("false");
    case 'n': return read_word("null");
    default: return c == '-' || is_digit(c) ? read_number(number) : not_json("a value");
  }
}

bool JsonReader::read_raw(std::string_view& out) {
  skip_space();
  const std::size_t begin = at_;
  if (!skip_value()) return false;
  out = text_.substr(begin, at_ - begin);
  return true;
}

} // namespace troupe::message
