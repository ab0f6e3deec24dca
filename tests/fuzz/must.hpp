// What must hold for every input; the fuzzer keeps the input for which it does not.
#pragma once
#include <cstdio>
#include <cstdlib>

namespace troupe::fuzz {

inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

} // namespace troupe::fuzz
