// Random damage to real messages: whatever comes off a wire is read or refused, and our reader and
// Boost.JSON agree on what is JSON.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "runtime/ids.hpp"
#include "runtime/limits.hpp"
#include "runtime/message/codec.hpp"
#include "runtime/message/json_reader.hpp"
#include "tests/unit/message/samples.hpp"

using namespace troupe;
using namespace troupe::message;

namespace {

/// TROUPE_TEST_SEED repeats a run.
std::uint64_t choose_seed() {
  if (const char* given = std::getenv("TROUPE_TEST_SEED")) return std::strtoull(given, nullptr, 10);
  return SystemEntropy{}.next();
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_{seed} {}

  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_.next() % n; }

  std::string damage(std::string text, const std::string& other) {
    for (auto times = 1 + below(3); times > 0; --times) {
      const auto at = below(text.size()), length = below(20);
      switch (below(6)) {
        case 0: text[at] = static_cast<char>(random_.next()); break;
        case 1: text[at] = interesting[below(interesting.size())]; break;
        case 2: text.insert(at, 1, interesting[below(interesting.size())]); break;
        case 3: text.erase(at, length); break;
        case 4: text.insert(at, other.substr(below(other.size()), length)); break;
        case 5: text.resize(at); break;
      }
      if (text.empty()) text = "{";
    }
    return text;
  }

 private:
  static constexpr std::string_view interesting{"{}[]\",:\\\0-+.eE019nutf \n\x7f\x80\xc3\xed", 28};
  SeededEntropy random_;
};

bool boost_takes(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = limits::json_depth_max;
  boost::system::error_code fault;
  boost::json::parse(text, fault, {}, options);
  return !fault;
}

bool reader_takes(std::string_view text) {
  JsonReader in{text};
  return in.skip_value() && in.at_end();
}

} // namespace

BOOST_AUTO_TEST_SUITE(mutation)

BOOST_AUTO_TEST_CASE(a_damaged_message_is_read_or_refused_and_never_crashes_the_reader) {
  const auto seed = choose_seed();
  BOOST_TEST_MESSAGE("TROUPE_TEST_SEED=" << seed);
  BOOST_TEST_CONTEXT("TROUPE_TEST_SEED=" << seed) {
    Mutator mutate{seed};
    std::vector<std::string> originals;
    for (const auto& message : sample_messages()) originals.push_back(encode(message));
    std::size_t read = 0, refused = 0;
    for (int i = 0; i < 40'000; ++i) {
      const auto& original = originals[mutate.below(originals.size())];
      const auto text = mutate.damage(original, originals[mutate.below(originals.size())]);
      BOOST_REQUIRE_MESSAGE(reader_takes(text) == boost_takes(text), text);
      const auto message = decode(text);
      if (!message.ok()) {
        ++refused;
        BOOST_REQUIRE_MESSAGE(!message.error().message.empty(), text);
        continue;
      }
      ++read;
      const auto again = decode(encode(*message));
      BOOST_REQUIRE_MESSAGE(again.ok() && *again == *message, text);
    }
    BOOST_TEST(read > 500u); // the damage is neither nothing nor total
    BOOST_TEST(refused > 5'000u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
