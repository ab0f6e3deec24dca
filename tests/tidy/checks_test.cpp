// A check that cannot fail proves nothing: each one is shown what it must catch and what it must
// not.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "tests/tidy/cpp_text.hpp"
#include "tests/tidy/layers.hpp"
#include "tests/tidy/source_tree.hpp"
#include "tests/tidy/wording.hpp"

namespace troupe::tidy {

BOOST_AUTO_TEST_SUITE(checks)

struct IncludeCase {
  const char* path;
  const char* line;
  const char* reason; // a part of it; nullptr: allowed
};

BOOST_AUTO_TEST_CASE(an_include_goes_down_the_floors_never_up) {
  const IncludeCase table[] = {
      {"runtime/ids.cpp", "#include \"runtime/clock.hpp\"", nullptr},
      {"runtime/ids.cpp", "#include \"net/bus/nats_bus.hpp\"",
       "runtime may include runtime, not net"},
      {"runtime/plan/plan.cpp", "#include \"runtime/store/pg.hpp\"", "not runtime/store"},
      {"runtime/store/pg.cpp", "#include \"runtime/ports/journal.hpp\"", nullptr},
      {"net/bus/bus.cpp", "#include \"runtime/ids.hpp\"", nullptr},
      {"net/http/api.cpp", "#include \"actors/node.hpp\"", "not actors"},
      {"net/http/api.cpp", "#include \"toolkits/toolkit.hpp\"", "not toolkits"},
      {"toolkits/probe.cpp", "#include \"net/http/client.hpp\"", "not net"},
      {"actors/run.cpp", "#include \"toolkits/toolkit.hpp\"", nullptr},
      {"actors/run.cpp", "#include \"net/bus/nats_bus.hpp\"", "not net"},
      {"actors/run.cpp", "#include \"runtime/store/pg.hpp\"", "not runtime/store"},
      {"ops/cli/node.cpp", "#include \"runtime/store/pg.hpp\"", nullptr},
      {"ops/cli/node.cpp", "#include \"tests/support/sql.hpp\"", "not tests"},
      {"tests/unit/net/x_test.cpp", "#include \"tests/support/sql.hpp\"", nullptr},
      {"net/bus/bus.cpp", "#include \"bus.hpp\"", "from the root of the tree"},
      {"console/server.cpp", "#include <vector>", "give its folder a row"},
  };
  for (const IncludeCase& row : table) BOOST_TEST_CONTEXT(row.path << " " << row.line) {
      const auto faults = forbidden_includes(row.path, row.line);
      BOOST_TEST(faults.size() == (row.reason ? 1u : 0u));
      if (row.reason && !faults.empty())
        BOOST_TEST(faults[0].find(row.reason) != std::string::npos, faults[0]);
    }
}

BOOST_AUTO_TEST_CASE(a_library_is_included_at_home_only) {
  const IncludeCase table[] = {
      {"runtime/ids.hpp", "#include <vector>", nullptr},
      {"runtime/message/codec.cpp", "#include <boost/json.hpp>", nullptr},
      {"runtime/message/codec.hpp", "#include <boost/json.hpp>", "belongs into .cpp files"},
      {"runtime/message/codec.hpp", "#include <boost/json/fwd.hpp>", "belongs into .cpp files"},
      {"actors/run.cpp", "#include <yaml-cpp/yaml.h>", "not in actors"},
      {"actors/run.hpp", "#include <boost/json.hpp>", "belongs into .cpp files"},
      {"runtime/log.cpp", "#include <spdlog/spdlog.h>", nullptr},
      {"runtime/clock.cpp", "#include <spdlog/spdlog.h>", "at home in runtime/log.cpp"},
      {"runtime/store/pg.cpp", "#include <libpq-fe.h>", nullptr},
      {"runtime/store/pg.hpp", "#include <libpq-fe.h>", "belongs into .cpp files"},
      {"runtime/plan/plan.cpp", "#include <libpq-fe.h>", "not in runtime"},
      {"net/bus/nats_bus.cpp", "#include <nats/nats.h>", nullptr},
      {"net/bus/nats_bus.hpp", "#include <nats/nats.h>", "belongs into .cpp files"},
      {"toolkits/probe.cpp", "#include <curl/curl.h>", "at home in net"},
      {"ops/cli/main.cpp", "#include <boost/asio.hpp>", "at home in net"},
      {"runtime/hash.cpp", "#include <openssl/sha.h>", nullptr},
      {"runtime/sha256.cpp", "#include <openssl/evp.h>", nullptr},
      {"runtime/ids.cpp", "#include <openssl/sha.h>", "not in runtime"},
      {"actors/protocol.hpp", "#include <caf/all.hpp>", nullptr},
      {"ops/cli/node.cpp", "#include <caf/all.hpp>", "at home in actors"},
      {"net/http/server.cpp", "#include <CLI/CLI.hpp>", "at home in ops/cli"},
      {"runtime/supervision/run.cpp", "#include <thread>", "not in runtime"},
      {"runtime/plan/source.cpp", "#include <sys/socket.h>", "sockets"},
      {"runtime/plan/source.cpp", "#include <fcntl.h>", nullptr},
      {"runtime/plan/source.hpp", "#include <fcntl.h>", "belongs into .cpp files"},
      {"net/http/server.cpp", "#include <boost/test/unit_test.hpp>", "Boost.Test"},
      {"net/http/server.cpp", "#include <qt/qt.h>", "belongs to no library"},
      {"tests/unit/net/x_test.cpp", "#include <libpq-fe.h>", nullptr},
      {"tests/unit/net/x_test.cpp", "#include <qt/qt.h>", "belongs to no library"},
  };
  for (const IncludeCase& row : table) BOOST_TEST_CONTEXT(row.path << " " << row.line) {
      const auto faults = forbidden_includes(row.path, row.line);
      BOOST_TEST(faults.size() == (row.reason ? 1u : 0u));
      if (row.reason && !faults.empty())
        BOOST_TEST(faults[0].find(row.reason) != std::string::npos, faults[0]);
    }
}

BOOST_AUTO_TEST_CASE(includes_are_found_however_they_are_written_but_not_in_comments_or_literals) {
  const auto found = includes_of(R"source(#include <vector>
  #  include "runtime/ids.hpp" // why
// #include "a.hpp"
/* #include "b.hpp"
#include "c.hpp" */
const char* text = R"(
#include "d.hpp"
)";
#include "runtime/clock.hpp"
)source");
  BOOST_REQUIRE(found.size() == 3u);
  BOOST_TEST(found[0].name == "vector");
  BOOST_TEST(found[0].angled);
  BOOST_TEST(found[1].name == "runtime/ids.hpp");
  BOOST_TEST(!found[1].angled);
  BOOST_TEST(found[1].line == 2u);
  BOOST_TEST(found[2].line == 9u);
}

BOOST_AUTO_TEST_CASE(literals_and_comments_are_not_code) {
  const std::pair<const char*, const char*> table[] = {
      {"a(\"x{y\");", "a(\"   \");"},
      {"a(\"\\\"{\");", "a(\"   \");"},
      {"a('{');", "a(' ');"},
      {"1'000'000 { '}' }", "1'000'000 { ' ' }"},
      {"a // {\nb", "a     \nb"},
      {"a /* { */ b", "a         b"},
      {"R\"x({)\" )x\" b", "R           b"},
  };
  for (const auto& [text, code] : table) BOOST_TEST(code_only(text) == code, text);
}

BOOST_AUTO_TEST_CASE(a_function_is_as_long_as_its_signature_and_body) {
  const auto found = functions_of(R"(#pragma once
#define OPEN { \
  {
namespace a {
class Thing : public Base {
 public:
  Thing(int x)
      : x_{x}, y_{Options{.z = 1}} {
    go();
  }
  bool operator==(const Thing&) const { return true; }
 private:
  std::vector<int> list_{1, 2};
};
enum class Kind { one, two };
const std::map<std::string, int (*)(int)> table = {
  {"a", f},
};
template <class T>
requires std::is_class_v<T>
T make(Options options = {}) {
  const auto inner = [&] {
    if (options) { return T{}; }
  };
  return inner();
}
BOOST_AUTO_TEST_SUITE(suite)

BOOST_AUTO_TEST_CASE(it_works) {
  check('{');
}
}
)");
  struct Expected {
    const char* name;
    std::size_t line, lines;
  };
  const Expected expected[] = {
      {"Thing", 7, 4}, {"operator==", 11, 1}, {"make", 19, 8}, {"it_works", 29, 3}};
  BOOST_REQUIRE(found.size() == std::size(expected));
  for (std::size_t i = 0; i < found.size(); ++i) BOOST_TEST_CONTEXT(expected[i].name) {
      BOOST_TEST((found[i].name == expected[i].name || found[i].name.empty()));
      BOOST_TEST(found[i].line == expected[i].line);
      BOOST_TEST(found[i].lines == expected[i].lines);
    }
}

BOOST_AUTO_TEST_CASE(a_long_function_is_seen_as_long) {
  std::string body;
  for (int i = 0; i < 70; ++i) body += "  step(" + std::to_string(i) + ");\n";
  const auto found =
      functions_of("namespace a {\nvoid long_one() {\n" + body + "}\nint b() { return 1; }\n}\n");
  BOOST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].name == "long_one");
  BOOST_TEST(found[0].lines == 72u);
  BOOST_TEST(found[1].lines == 1u);
}

BOOST_AUTO_TEST_CASE(unfinished_work_is_seen_in_any_file) {
  const std::string todo =
                        "TO"
                        "DO",
                    fixme =
                        "FIX"
                        "ME",
                    triple =
                        "XX"
                        "X";
  for (const std::string& mark : {todo, fixme, triple}) {
    const auto faults = unfinished_work("a.md", "fine\n# " + mark + ": later\n");
    BOOST_REQUIRE(faults.size() == 1u);
    BOOST_TEST(faults[0] == "a.md:2: " + mark);
  }
  BOOST_TEST(unfinished_work("a.sh", "mktemp -d /tmp/a-" + triple + triple).empty());
  BOOST_TEST(unfinished_work("a.cpp", "// the to-do list is empty\n").empty());
}

BOOST_AUTO_TEST_CASE(waiting_for_time_to_pass_is_seen_in_code_not_in_comments) {
  for (const char* call : {"std::this_thread::sleep_for(1s);", "usleep (3);", "::sleep(1);",
                           "std::this_thread::sleep_until(then);", "nanosleep(&t, nullptr);"})
    BOOST_TEST(sleeps("tests/a.cpp", call).size() == 1u, call);
  for (const char* call : {"// sleep_for(1s) would be slow", "asleep(1);", "log(\"sleep(1)\");"})
    BOOST_TEST(sleeps("tests/a.cpp", call).empty(), call);
}

BOOST_AUTO_TEST_CASE(names_that_mean_nothing_are_seen) {
  const std::pair<const char*, const char*> table[] = {
      {"runtime/util.hpp", "util"},
      {"runtime/string_utils.cpp", "utils"},
      {"runtime/common/ids.hpp", "common"},
      {"net/core/bus.cpp", "core"},
      {"actors/run_manager.hpp", "manager"},
      {"tests/helpers.cpp", "helpers"},
      {"runtime/scored.hpp", ""},
      {"runtime/plan/commonly.hpp", ""},
      {"net/http/utilisation.cpp", ""},
  };
  for (const auto& [path, word] : table) BOOST_TEST(meaningless_name(path) == word, path);
}

BOOST_AUTO_TEST_CASE(a_failing_command_is_told_from_a_good_one) {
  int status = 0;
  BOOST_TEST(output_of("echo out; echo err >&2; exit 3", status) == "out\nerr\n");
  BOOST_TEST(status == 3);
  output_of("true", status);
  BOOST_TEST(status == 0);
  output_of("troupe-has-no-such-command", status);
  BOOST_TEST(status == 127);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace troupe::tidy
