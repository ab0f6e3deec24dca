// What a plain (unquoted) YAML scalar means: the core schema of YAML 1.2, section 10.3.2. `yes`,
// `on` and `1_000` are text there; `007` is seven and `0o7` is octal.
#pragma once
#include <string>
#include <string_view>

#include "runtime/plan/source.hpp"

namespace troupe::plan {

struct PlainScalar {
  SourceNode::Type type = SourceNode::Type::string;
  std::string scalar; // as SourceNode::scalar
  std::string fault;  // a number that JSON cannot hold; empty when fine
};

PlainScalar resolve_plain(std::string_view text);

} // namespace troupe::plan
