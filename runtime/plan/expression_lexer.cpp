#include "runtime/plan/expression_lexer.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

namespace troupe::plan {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_letter(c) || is_digit(c) || c == '-'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// What somebody who wrote `sign` probably meant.
std::string remedy(char sign) {
  switch (sign) {
    case '=': return "; compare with ==";
    case '&': return "; write && for `and`";
    case '|': return "; write || for `or`";
    case '+':
    case '*':
    case '/':
    case '%':
    case '-': return "; there is no arithmetic";
    default: return "";
  }
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_{text} {}

  Lexed run() {
    while (skip_space(), at_ < text_.size() && out_.fault.empty()) next();
    push(Token::Kind::end, 0);
    return std::move(out_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void skip_space() {
    while (is_space(peek())) ++at_;
  }

  void push(Token::Kind kind, std::size_t size, JsonText literal = {}, std::string value = {}) {
    out_.tokens.push_back(
        {kind, std::string{text_.substr(at_, size)}, std::move(literal), std::move(value), at_});
    at_ += size;
  }

  void fail(std::string fault) {
    out_.fault = std::move(fault);
    out_.fault_at = at_;
  }

  void next() {
    const char c = peek();
    if (is_letter(c)) return name();
    if (is_digit(c) || (c == '-' && is_digit(peek(1)))) return number();
    if (c == '\'' || c == '"') return string();
    for (const std::string_view sign : {"==", "!=", "<=", ">=", "&&", "||"})
      if (text_.substr(at_).starts_with(sign)) return push(Token::Kind::sign, 2);
    if (std::string_view{"<>!().,[]"}.find(c) != std::string_view::npos)
      return push(Token::Kind::sign, 1);
    const bool printable = c > ' ' && c < '\x7f';
    fail(printable ? "unexpected `" + std::string(1, c) + "`" + remedy(c)
                   : "only names, numbers and quoted text can stand here");
  }

  void name() {
    std::size_t size = 1;
    while (is_name_part(peek(size))) ++size;
    push(Token::Kind::name, size);
  }

  void number() {
    std::size_t size = peek() == '-' ? 1 : 0;
    const auto digits = [&] {
      while (is_digit(peek(size))) ++size;
    };
    digits();
    if (peek(size) == '.' && is_digit(peek(size + 1))) ++size, digits();
    if (peek(size) == 'e' || peek(size) == 'E') {
      const std::size_t sign = peek(size + 1) == '-' || peek(size + 1) == '+' ? 1 : 0;
      if (is_digit(peek(size + 1 + sign))) size += 1 + sign, digits();
    }
    while (is_name_part(peek(size))) ++size; // 10m, 1.2x: one word in the fault
    const auto word = text_.substr(at_, size);
    boost::json::error_code ec;
    const auto value = boost::json::parse({word.data(), word.size()}, ec);
    if (ec || (value.is_double() && !std::isfinite(value.get_double())))
      return fail("`" + std::string{word} + "` is not a number; quote it if it is text");
    push(Token::Kind::number, size, JsonText{std::string{word}});
  }

  /// Both kinds of quotes hold JSON's escapes, and \' besides.
  void string() {
    const auto size = string_literal_size(text_.substr(at_));
    if (size == 0) return fail("a text that begins here is not closed");
    std::string json = "\"";
    for (std::size_t i = at_ + 1; i + 1 < at_ + size; ++i) {
      const char c = text_[i];
      if (c == '\\' && text_[i + 1] != '\'')
        json += c, json += text_[++i];
      else if (c == '"')
        json += "\\\"";
      else if (c != '\\')
        json += c;
    }
    json += '"';
    boost::json::error_code ec;
    const auto value = boost::json::parse(json, ec);
    if (ec) return fail("the text that begins here has a bad escape or a line break in it");
    const auto& text = value.get_string();
    push(Token::Kind::string, size, JsonText{boost::json::serialize(value)},
         std::string{text.data(), text.size()});
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Lexed out_;
};

} // namespace

std::size_t string_literal_size(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == text[0])
      return i + 1;
  }
  return 0;
}

Lexed lex_expression(std::string_view text) { return Lexer{text}.run(); }

} // namespace troupe::plan
