#include "runtime/plan/expression.hpp"

#include <algorithm>
#include <optional>

#include "runtime/limits.hpp"
#include "runtime/plan/expression_lexer.hpp"
#include "runtime/plan/source_text.hpp"

namespace troupe::plan {
namespace {

using Kind = ExpressionNode::Kind;

struct Function {
  std::string name;
  Kind kind;
  std::size_t fewest, most; // arguments
  std::string usage;
};
const Function functions[] = {
    {"default", Kind::default_call, 2, 2, "default(value, otherwise)"},
    {"slice", Kind::slice_call, 2, 3, "slice(list, from, to)"},
};

const Function* find_function(std::string_view name) {
  for (const auto& function : functions)
    if (function.name == name) return &function;
  return nullptr;
}

constexpr std::string_view name_letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/// Recursive descent, one function for each line of the grammar. After the first fault every
/// function returns at once.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_{text}, lexed_{lex_expression(text)} {}

  ParsedExpression run() {
    ExpressionNode root;
    if (!lexed_.fault.empty()) {
      fail(lexed_.fault_at, lexed_.fault);
    } else if (peek().kind == Token::Kind::end) {
      fault_ = "an expression is missing between ${{ and }}";
    } else {
      root = disjunction();
      if (peek().kind != Token::Kind::end) unexpected("an operator or the end");
    }
    return {std::move(root), std::move(fault_)};
  }

 private:
  const Token& peek() const { return lexed_.tokens[next_]; }
  Token take() {
    const auto token = peek();
    if (token.kind != Token::Kind::end) ++next_;
    return token;
  }
  bool accept(std::string_view sign) {
    if (!fault_.empty() || !peek().is(sign)) return false;
    ++next_;
    return true;
  }
  void expect(std::string_view sign) {
    if (fault_.empty() && !accept(sign)) unexpected("`" + std::string{sign} + "`");
  }

  void fail(std::size_t at, std::string_view what) {
    if (!fault_.empty()) return;
    fault_ = name_expression(text_) + ", character " +
             std::to_string(count_characters(text_.substr(0, at)) + 1) + ": " + std::string{what};
  }

  void unexpected(std::string_view expected) {
    const auto& token = peek();
    std::string found = token.kind == Token::Kind::end ? "the end" : "`" + token.text + "`";
    std::string remedy;
    if (token.text == "and") remedy = "; write && for `and`";
    if (token.text == "or") remedy = "; write || for `or`";
    fail(token.at, "expected " + std::string{expected} + ", found " + found + remedy);
  }

  /// The depth of what is being parsed is the depth of our own stack.
  template <class Parse>
  ExpressionNode nested(Parse parse) {
    if (depth_ >= limits::json_depth_max) {
      fail(peek().at, "it nests deeper than " + std::to_string(limits::json_depth_max) + " levels");
      return {};
    }
    ++depth_;
    auto node = parse();
    --depth_;
    return node;
  }

  template <class Operand>
  ExpressionNode joined(Kind kind, std::string_view sign, Operand operand) {
    auto first = operand();
    if (!fault_.empty() || !peek().is(sign)) return first;
    ExpressionNode node;
    node.kind = kind;
    node.operands.push_back(std::move(first));
    while (accept(sign)) node.operands.push_back(operand());
    return node;
  }

  ExpressionNode disjunction() {
    return joined(Kind::disjunction, "||", [this] { return conjunction(); });
  }
  ExpressionNode conjunction() {
    return joined(Kind::conjunction, "&&", [this] { return equality(); });
  }

  std::optional<Kind> accept_comparison(
      std::initializer_list<std::pair<std::string_view, Kind>> signs) {
    for (const auto& [sign, kind] : signs)
      if (accept(sign)) return kind;
    return std::nullopt;
  }

  template <class Operand>
  ExpressionNode compared(std::initializer_list<std::pair<std::string_view, Kind>> signs,
                          Operand operand) {
    auto left = operand();
    const auto kind = accept_comparison(signs);
    if (!kind) return left;
    ExpressionNode node;
    node.kind = *kind;
    node.operands.push_back(std::move(left));
    node.operands.push_back(operand());
    const auto at = peek().at;
    if (accept_comparison(signs)) fail(at, "comparisons do not chain; join them with &&");
    return node;
  }

  ExpressionNode equality() {
    return compared({{"==", Kind::equal}, {"!=", Kind::unequal}}, [this] { return order(); });
  }
  ExpressionNode order() {
    return compared({{"<", Kind::less},
                     {"<=", Kind::less_equal},
                     {">", Kind::greater},
                     {">=", Kind::greater_equal}},
                    [this] { return unary(); });
  }

  ExpressionNode unary() {
    if (!accept("!")) return primary();
    ExpressionNode node;
    node.kind = Kind::negation;
    node.operands.push_back(nested([this] { return unary(); }));
    return node;
  }

  ExpressionNode primary() {
    if (!fault_.empty()) return {};
    if (accept("(")) {
      auto node = nested([this] { return disjunction(); });
      expect(")");
      return node;
    }
    if (peek().kind == Token::Kind::number || peek().kind == Token::Kind::string)
      return literal(take().literal);
    if (peek().kind == Token::Kind::name) return named();
    unexpected("a value");
    return {};
  }

  ExpressionNode named() {
    const auto name = take();
    if (peek().is("(")) return call(name);
    if (name.text == "null" || name.text == "true" || name.text == "false")
      return literal(JsonText{name.text});
    return path(name);
  }

  static ExpressionNode literal(JsonText json) {
    ExpressionNode node;
    node.literal = std::move(json);
    return node;
  }

  ExpressionNode call(const Token& name) {
    const auto* function = find_function(name.text);
    if (function == nullptr) {
      fail(name.at, "there is no function `" + name.text + "`; there are " + functions[0].usage +
                        " and " + functions[1].usage);
      return {};
    }
    expect("(");
    ExpressionNode node;
    node.kind = function->kind;
    do node.operands.push_back(nested([this] { return disjunction(); }));
    while (accept(","));
    expect(")");
    if (node.operands.size() < function->fewest || node.operands.size() > function->most)
      fail(name.at, "wrong number of arguments; it is " + function->usage);
    return node;
  }

  ExpressionNode path(const Token& root) {
    ExpressionNode node;
    node.kind = Kind::path;
    node.path.push_back({root.text, false});
    while (fault_.empty()) {
      if (accept(".")) {
        if (peek().kind != Token::Kind::name)
          unexpected("a name after `.` (an index is written [0], any other key [\"key\"])");
        else
          node.path.push_back({take().text, false});
      } else if (accept("[")) {
        node.path.push_back(subscript());
        expect("]");
      } else {
        break;
      }
    }
    return node;
  }

  PathPart subscript() {
    const auto token = take();
    if (token.kind == Token::Kind::string) return {token.value, false};
    const bool digits = token.kind == Token::Kind::number && token.text.size() <= 9 &&
                        std::all_of(token.text.begin(), token.text.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) fail(token.at, "an index is a whole number from 0, or a quoted key");
    return {token.text, true};
  }

  std::string_view text_;
  Lexed lexed_;
  std::size_t next_ = 0;
  std::size_t depth_ = 0;
  std::string fault_;
};

} // namespace

ParsedExpression parse_expression(std::string_view text) { return Parser{text}.run(); }

std::string path_text(const std::vector<PathPart>& path, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& part = path[i];
    const bool plain =
        !part.key.empty() && part.key.find_first_not_of(name_letters) == part.key.npos;
    if (part.is_index)
      text += "[" + part.key + "]";
    else if (plain)
      text += (i == 0 ? "" : ".") + part.key;
    else
      text += "[\"" + part.key + "\"]";
  }
  return text;
}

std::string name_expression(std::string_view text) {
  constexpr std::size_t longest = 120;
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "an empty expression";
  text = text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
  if (text.size() <= longest) return "expression `" + std::string{text} + "`";
  auto cut = longest;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80)
    --cut; // whole characters
  return "expression `" + std::string{text.substr(0, cut)} + "...`";
}

} // namespace troupe::plan
