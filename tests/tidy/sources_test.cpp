// The house rules (CONTRIBUTING.md), read off the sources themselves.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "tests/tidy/allowed.hpp"
#include "tests/tidy/cpp_text.hpp"
#include "tests/tidy/layers.hpp"
#include "tests/tidy/source_tree.hpp"
#include "tests/tidy/wording.hpp"

namespace troupe::tidy {

namespace {

const std::string root = TROUPE_SOURCE_DIR;

const std::vector<SourceFile>& tree() {
  static const std::vector<SourceFile> files = source_tree(root);
  return files;
}

// Collects what a rule finds, lets the exceptions pass, and notices those that are not needed.
class Findings {
 public:
  explicit Findings(const std::vector<Allowed>& allowed) : allowed_{allowed} {}

  void add(const std::string& what, const std::string& fault) {
    const auto same = [&](const Allowed& a) { return a.what == what; };
    if (std::any_of(allowed_.begin(), allowed_.end(), same))
      used_.insert(what);
    else
      BOOST_ERROR(fault);
  }

  ~Findings() {
    for (const Allowed& a : allowed_)
      if (!used_.contains(std::string{a.what}))
        BOOST_ERROR("tests/tidy/allowed.hpp: the exception for " << a.what << " is not needed");
  }

 private:
  const std::vector<Allowed>& allowed_;
  std::set<std::string> used_;
};

const std::vector<Allowed> nothing{};

} // namespace

BOOST_AUTO_TEST_SUITE(sources)

BOOST_AUTO_TEST_CASE(every_include_follows_the_table_of_layers) {
  print_layers(std::cout);
  std::size_t checked = 0;
  for (const SourceFile& file : tree()) {
    if (!is_cpp(file.path)) continue;
    ++checked;
    for (const std::string& fault : forbidden_includes(file.path, file.text)) BOOST_ERROR(fault);
  }
  std::cout << checked << " files follow it\n";
  BOOST_TEST(checked > 50u);
}

BOOST_AUTO_TEST_CASE(no_work_is_left_for_later) {
  for (const SourceFile& file : tree())
    for (const std::string& fault : unfinished_work(file.path, file.text)) BOOST_ERROR(fault);
}

BOOST_AUTO_TEST_CASE(no_test_sleeps) {
  Findings findings{sleepers};
  for (const SourceFile& file : tree())
    if (is_cpp(file.path) && file.path.starts_with("tests/"))
      for (const std::string& fault : sleeps(file.path, file.text))
        findings.add(file.path,
                     fault + ": poll a condition instead (tests/support/eventually.hpp)");
}

BOOST_AUTO_TEST_CASE(functions_hold_one_idea) {
  Findings findings{long_functions};
  for (const SourceFile& file : tree()) {
    if (!is_cpp(file.path)) continue;
    for (const Function& function : functions_of(file.text)) {
      const std::size_t most = function.test_case ? test_case_lines_max : function_lines_max;
      if (function.lines <= most) continue;
      findings.add(file.path + ":" + function.name,
                   file.path + ":" + std::to_string(function.line) + ": " + function.name +
                       " has " + std::to_string(function.lines) + " lines, more than " +
                       std::to_string(most));
    }
  }
}

BOOST_AUTO_TEST_CASE(files_hold_one_concept) {
  Findings findings{long_files};
  for (const SourceFile& file : tree())
    if (is_cpp(file.path) && lines_of(file.text) > file_lines_max)
      findings.add(file.path, file.path + " has " + std::to_string(lines_of(file.text)) +
                                  " lines, more than " + std::to_string(file_lines_max));
}

BOOST_AUTO_TEST_CASE(names_say_what_is_in_a_file) {
  for (const SourceFile& file : tree()) {
    const std::string word = meaningless_name(file.path);
    if (!word.empty()) BOOST_ERROR(file.path + ": '" + word + "' says nothing");
  }
}

BOOST_AUTO_TEST_CASE(every_folder_of_code_says_what_it_is) {
  std::set<std::string> folders, told;
  for (const SourceFile& file : tree()) {
    const std::string folder = file.path.substr(0, std::max<std::size_t>(file.path.rfind('/'), 1));
    if (is_cpp(file.path) && !folder.starts_with("tests/unit/")) folders.insert(folder);
    if (file.path.ends_with("/README.md")) told.insert(folder);
  }
  for (const std::string& folder : folders)
    BOOST_TEST(told.contains(folder), folder + " has no README.md");
}

BOOST_AUTO_TEST_CASE(sources_are_formatted) {
  int status = 0;
  output_of("command -v clang-format", status);
  BOOST_REQUIRE_MESSAGE(status == 0, "clang-format is missing; remedy: ./ops/install test");
  std::string files;
  for (const SourceFile& file : tree())
    if (is_cpp(file.path)) files += " '" + file.path + "'";
  const std::string check = "cd '" + root + "' && printf '%s\\n'" + files +
                            " | xargs -P 4 -n 16 clang-format --dry-run -Werror";
  const std::string complaints = output_of(check, status);
  BOOST_TEST(status == 0, complaints.substr(0, 4000) << "\nremedy: clang-format -i FILE");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::tidy
