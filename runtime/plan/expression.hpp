// The inside of one ${{ }} as a tree. The grammar, loosest binding first:
//
//   expression = and { "||" and }
//   and        = equality { "&&" equality }
//   equality   = order [ ( "==" | "!=" ) order ]
//   order      = unary [ ( "<" | "<=" | ">" | ">=" ) unary ]
//   unary      = "!" unary | primary
//   primary    = literal | path | "(" expression ")" | "default" "(" expression "," expression ")"
//              | "slice" "(" expression "," expression [ "," expression ] ")"
//   path       = name { "." name | "[" ( integer | string ) "]" }
//   literal    = null | true | false | number | 'text' | "text"
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/json_text.hpp"

namespace troupe::plan {

/// One step of a path: the key of a map, or the index of a list.
struct PathPart {
  std::string key; // as digits for an index
  bool is_index = false;
};

struct ExpressionNode {
  enum class Kind : std::uint8_t {
    literal,
    path,
    negation,
    conjunction, // two operands or more
    disjunction, // two operands or more
    equal,
    unequal,
    less,
    less_equal,
    greater,
    greater_equal,
    default_call,
    slice_call, // two operands or three
  };
  Kind kind = Kind::literal;
  JsonText literal;
  std::vector<PathPart> path;
  std::vector<ExpressionNode> operands;
};

struct ParsedExpression {
  ExpressionNode root; // meaningful only without a fault
  std::string fault;   // one sentence that names the expression; empty when fine
};

ParsedExpression parse_expression(std::string_view text);

/// The first `count` parts as they are written: "steps.a.output[0]".
std::string path_text(const std::vector<PathPart>& path, std::size_t count);

/// "expression `a.b`", cut short if it is long: how faults begin.
std::string name_expression(std::string_view text);

} // namespace troupe::plan
