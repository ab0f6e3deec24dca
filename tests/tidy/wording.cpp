#include "tests/tidy/wording.hpp"

#include <algorithm>
#include <regex>
#include <sstream>

#include "tests/tidy/cpp_text.hpp"

namespace troupe::tidy {

namespace {

std::vector<std::string> lines_with(const std::regex& word, std::string_view path,
                                    const std::string& text) {
  std::vector<std::string> faults;
  std::istringstream lines{text};
  std::smatch found;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (std::regex_search(line, found, word))
      faults.push_back(std::string{path} + ":" + std::to_string(number) + ": " + found.str());
  }
  return faults;
}

} // namespace

std::vector<std::string> unfinished_work(std::string_view path, std::string_view text) {
  static const std::regex marks{R"(\b(TO)"
                                R"(DO|FIX)"
                                R"(ME|XX)"
                                R"(X)\b)"}; // cut: this is a file too
  return lines_with(marks, path, std::string{text});
}

std::vector<std::string> sleeps(std::string_view path, std::string_view text) {
  static const std::regex calls{
      R"(\b(sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep|sleep)\s*\()"};
  return lines_with(calls, path, code_only(text));
}

std::string meaningless_name(std::string_view path) {
  static const std::regex word{
      R"((^|[/_.-])(utils?|utilit(y|ies)|commons?|core|managers?|helpers?|misc|stuff)(?=[/_.-]|$))"};
  std::smatch found;
  const std::string text{path};
  return std::regex_search(text, found, word) ? found[2].str() : "";
}

} // namespace troupe::tidy
