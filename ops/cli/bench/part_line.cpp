#include "ops/cli/bench/part_line.hpp"

#include <unistd.h>

#include <cstdio>

namespace troupe::bench {
namespace {

constexpr const char* erase = "\r\x1b[K";

} // namespace

PartLine::PartLine(bool wanted) : live_{wanted && ::isatty(STDERR_FILENO) == 1} {}

PartLine::~PartLine() {
  if (live_) std::fputs(erase, stderr);
}

void PartLine::show(const std::string& part) {
  if (live_) std::fprintf(stderr, "%s%s ...", erase, part.c_str());
}

} // namespace troupe::bench
