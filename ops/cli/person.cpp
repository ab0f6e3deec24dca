#include "ops/cli/person.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace troupe::cli {

std::string user_name() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : "";
}

bool can_ask() { return ::isatty(STDIN_FILENO) == 1; }

bool says_yes(const std::string& question) {
  std::fprintf(stderr, "%s [y/N] ", question.c_str());
  std::string line;
  std::getline(std::cin, line);
  return line == "y" || line == "Y" || line == "yes";
}

} // namespace troupe::cli
