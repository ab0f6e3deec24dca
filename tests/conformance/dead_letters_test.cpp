// What every store does with dead letters.
#include <boost/test/unit_test.hpp>

#include "tests/conformance/store_backends.hpp"

using namespace troupe;
using namespace troupe::conformance;
using Letters = std::vector<ports::DeadLetter>;

namespace {

struct Calls {
  support::StoreCalls& node;

  ports::DeadLetters& port() { return node.store->dead_letters(); }
  void put(const std::string& id, const std::string& reason) {
    const ports::DeadLetter letter{id, "ci", node.now, reason, JsonText{R"({"payload":"\u0000"})"}};
    BOOST_REQUIRE(support::ask<Unit>([&](auto done) { port().put(letter, done); }).ok());
  }
  Letters list(std::uint32_t limit = 10, std::uint64_t before = 0) {
    return *support::ask<Letters>([&](auto done) { port().list(limit, before, done); });
  }
  std::string ids(std::uint32_t limit = 10, std::uint64_t before = 0) {
    std::string text;
    for (const auto& letter : list(limit, before)) text += letter.id + ' ';
    return text;
  }
  std::optional<ports::DeadLetter> get(const std::string& id) {
    return *support::ask<std::optional<ports::DeadLetter>>(
        [&](auto done) { port().get(id, done); });
  }
  bool remove(const std::string& id) {
    return *support::ask<bool>([&](auto done) { port().remove(id, done); });
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(dead_letters)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_letter_is_kept_once_with_what_was_wrong_last, B, Backends) {
  Cluster<B> cluster;
  Calls a{cluster.a}, b{cluster.b};
  for (const auto* id : {"one", "two", "three"}) a.put(id, "no team has a route for it");
  b.put("two", "not JSON");
  BOOST_TEST(b.ids() == "three two one ");
  const auto two = a.get("two");
  BOOST_REQUIRE(two.has_value());
  BOOST_TEST(two->reason == "not JSON");
  BOOST_TEST(two->channel == "ci");
  BOOST_TEST((two->at == cluster.a.now));
  BOOST_TEST(two->letter.text == R"({"payload":"\u0000"})");
  BOOST_TEST(!a.get("four").has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(letters_are_listed_by_the_page_and_go_when_they_are_seen_to, B,
                              Backends) {
  Cluster<B> cluster;
  Calls a{cluster.a};
  for (const auto* id : {"one", "two", "three"}) a.put(id, "why");
  BOOST_TEST(a.ids(2) == "three two ");
  BOOST_TEST(a.ids(2, a.list(2).back().place) == "one ");
  BOOST_TEST(a.remove("two"));
  BOOST_TEST(!a.remove("two"));
  BOOST_TEST(a.ids() == "three one ");
}

BOOST_AUTO_TEST_SUITE_END()
