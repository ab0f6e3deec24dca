// Put before every source of the fuzz build. While clang makes std::pair<std::string, SourceNode>,
// libstdc++ 12 asks whether a SourceNode can be made from nothing, for which clang needs the very
// pair. g++ does not ask that early. The answer is yes.
#pragma once
#include <type_traits>

namespace troupe::plan {
struct SourceNode;
}

template <>
struct std::__is_implicitly_default_constructible<troupe::plan::SourceNode> : std::true_type {};
