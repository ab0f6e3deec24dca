#include "tests/tidy/cpp_text.hpp"

#include <algorithm>
#include <cctype>
#include <regex>
#include <sstream>

namespace troupe::tidy {

namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)); }

std::string_view last_word(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  return text.substr(begin);
}

// Walks a text once, copying code and blanking the rest.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_{text} { code_.reserve(text.size()); }

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(code_);
  }

 private:
  void step() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("//")) return blank_until(rest.find('\n'));
    if (rest.starts_with("/*")) return blank_until(end_of("*/", 2));
    if (rest.front() == '#' && at_line_start() && is_include(rest)) return copy(rest.find('\n'));
    if (rest.front() == '"') return last_word(code_).ends_with('R') ? raw_string() : literal('"');
    if (rest.front() == '\'' && !separates_digits()) return literal('\'');
    copy(1);
  }

  static bool is_include(std::string_view directive) {
    const std::size_t word = directive.find_first_not_of(" \t", 1);
    return word != std::string_view::npos && directive.substr(word).starts_with("include");
  }

  bool at_line_start() const {
    const auto last = code_.find_last_not_of(" \t");
    return last == std::string::npos || code_[last] == '\n';
  }

  // 1'000 as opposed to u8'x'
  bool separates_digits() const {
    const std::string_view word = last_word(code_);
    return !word.empty() && std::isdigit(static_cast<unsigned char>(word.front()));
  }

  void literal(char quote) {
    std::size_t size = 1;
    while (at_ + size < text_.size() && text_[at_ + size] != quote && text_[at_ + size] != '\n')
      size += text_[at_ + size] == '\\' ? 2 : 1;
    copy(1);
    blank_until(size - 1);
    copy(1);
  }

  void raw_string() {
    const std::size_t open = text_.find('(', at_);
    const std::string close = ")" + std::string{text_.substr(at_ + 1, open - at_ - 1)} + "\"";
    const std::size_t end = text_.find(close, open);
    blank_until(end == std::string_view::npos ? end : end + close.size() - at_);
  }

  std::size_t end_of(std::string_view mark, std::size_t from) const {
    const std::size_t found = text_.find(mark, at_ + from);
    return found == std::string_view::npos ? found : found + mark.size() - at_;
  }

  void copy(std::size_t size) {
    code_ += text_.substr(at_, size);
    at_ = size > text_.size() - at_ ? text_.size() : at_ + size;
  }

  void blank_until(std::size_t size) {
    for (const char c : text_.substr(at_, size)) code_ += c == '\n' ? '\n' : ' ';
    at_ = size > text_.size() - at_ ? text_.size() : at_ + size;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string code_;
};

// Preprocessor lines, continued ones included, become empty: their braces need not match.
std::string without_directives(std::string code) {
  bool directive = false;
  for (std::size_t begin = 0; begin < code.size();) {
    const std::size_t end = std::min(code.find('\n', begin), code.size());
    const std::size_t first = code.find_first_not_of(" \t", begin);
    directive = directive || (first < end && code[first] == '#');
    const bool continued = directive && end > begin && code[end - 1] == '\\';
    if (directive) std::fill(code.begin() + begin, code.begin() + end, ' ');
    directive = continued;
    begin = end + 1;
  }
  return code;
}

std::string trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return std::string{text};
}

// "template <class T> requires X" before a declaration says `class` without opening one.
std::string without_template_head(std::string head) {
  while (head.starts_with("template")) {
    std::size_t at = head.find('<');
    int depth = 0;
    for (; at < head.size(); ++at) {
      depth += head[at] == '<' ? 1 : head[at] == '>' ? -1 : 0;
      if (depth == 0) break;
    }
    head = trimmed(std::string_view{head}.substr(std::min(at + 1, head.size())));
  }
  return head;
}

std::string without_parentheses(std::string_view text) {
  std::string outside;
  int depth = 0;
  for (const char c : text) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (depth == 0 && c != ')') outside += c;
  }
  return outside;
}

// What stands before a brace tells what it opens.
enum class Opens { scope, function, value };

Opens what_opens(const std::string& text) {
  static const std::regex scope{
      R"(^((inline|static|typedef|export|constexpr|const)\s+)*(namespace|class|struct|union|enum|extern)\b)"};
  static const std::regex own_assignment{R"(operator\s*[=!<>+*/%&|^-]*=)"};
  const std::string head = without_template_head(trimmed(text));
  if (head.find('(') == std::string::npos)
    return std::regex_search(head, scope) ? Opens::scope : Opens::value;
  const std::string declared = std::regex_replace(without_parentheses(head), own_assignment, "");
  return declared.find('=') == std::string::npos ? Opens::function : Opens::value;
}

Function described(const std::string& text) {
  static const std::regex test_case{R"(BOOST_\w*TEST_CASE\w*\s*\(\s*(\w+))"};
  std::smatch found;
  if (std::regex_search(text, found, test_case)) return {.name = found[1], .test_case = true};
  const std::string head = without_template_head(trimmed(text));
  const std::string before = trimmed(std::string_view{head}.substr(0, head.find('(')));
  return {.name = std::string{last_word(before)}};
}

// Follows the braces of a source, function bodies opaque, and notes where each function ends.
class FunctionFinder {
 public:
  explicit FunctionFinder(std::string_view text) : code_{without_directives(code_only(text))} {}

  std::vector<Function> run() {
    for (at_ = 0; at_ < code_.size(); ++at_) {
      if (depth_ > 0)
        inside(code_[at_]);
      else
        outside(code_[at_]);
      if (code_[at_] == '\n') ++line_;
    }
    return std::move(found_);
  }

 private:
  void inside(char c) {
    depth_ += c == '{' ? 1 : c == '}' ? -1 : 0;
    if (depth_ > 0) return;
    const char next = next_visible();
    if (opened_ == Opens::function && next != ',' && next != '{') {
      found_.push_back(described(head_));
      found_.back().line = head_line_;
      found_.back().lines = line_ - head_line_ + 1;
      head_.clear();
    } else {
      head_ += ' '; // a member initialised with braces, or a value: the declaration goes on
    }
  }

  void outside(char c) {
    parentheses_ += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (parentheses_ > 0) return append(c);
    switch (c) {
      case '{':
        opened_ = what_opens(head_);
        if (opened_ == Opens::scope)
          head_.clear();
        else
          depth_ = 1;
        return;
      case '}':
      case ';': head_.clear(); return;
      case ':':
        if (is_access(trimmed(head_))) return head_.clear();
        return append(c);
      case '\n':
        if (is_macro(trimmed(head_)) && next_visible() != '{') return head_.clear();
        return append(c);
      default: append(c);
    }
  }

  void append(char c) {
    if (trimmed(head_).empty() && !is_blank(c)) head_line_ = line_;
    head_ += c;
  }

  char next_visible() const {
    const std::size_t next = code_.find_first_not_of(" \t\n", at_ + 1);
    return next == std::string::npos ? '\0' : code_[next];
  }

  static bool is_access(const std::string& head) {
    return head == "public" || head == "protected" || head == "private";
  }

  // BOOST_AUTO_TEST_SUITE(name): a line of its own, without a semicolon
  static bool is_macro(const std::string& head) {
    static const std::regex call{R"([A-Z][A-Z0-9_]+\s*\([^]*\))"};
    return std::regex_match(head, call);
  }

  std::string code_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  int depth_ = 0;       // braces inside a function or value
  int parentheses_ = 0; // outside of one
  Opens opened_ = Opens::value;
  std::string head_; // what stands before the next brace
  std::size_t head_line_ = 1;
  std::vector<Function> found_;
};

} // namespace

std::string code_only(std::string_view text) { return Blanker{text}.run(); }

std::vector<Include> includes_of(std::string_view text) {
  static const std::regex directive{R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])"};
  std::vector<Include> found;
  std::istringstream lines{code_only(text)};
  std::smatch match;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (std::regex_search(line, match, directive))
      found.push_back({match[2], match[1] == "<", number});
  }
  return found;
}

std::vector<Function> functions_of(std::string_view text) { return FunctionFinder{text}.run(); }

std::size_t lines_of(std::string_view text) {
  const auto ended = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  return text.empty() || text.back() == '\n' ? ended : ended + 1;
}

} // namespace troupe::tidy
