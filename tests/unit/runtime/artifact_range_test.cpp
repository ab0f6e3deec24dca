// Parts of an artifact, as HTTP names them.
#include "runtime/artifact/byte_range.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

BOOST_AUTO_TEST_SUITE(artifact_range)

BOOST_AUTO_TEST_CASE(ranges_are_read_strictly) {
  const auto good = artifact::parse_content_range("bytes 2-4/9");
  BOOST_REQUIRE(good.has_value());
  BOOST_TEST((good->from == 2 && good->bytes == 3 && good->whole == 9));
  for (const auto* text : {"", "bytes", "bytes 0-1", "bytes 0-1/*", "bytes 3-2/9", "bytes 0-9/9",
                           "bytes 0-1/9x", "items 0-1/9", "bytes -1-2/9"})
    BOOST_TEST(!artifact::parse_content_range(text).has_value(), text);
  for (const auto* text : {"", "bytes=", "bytes=-5", "bytes=a-b", "bytes=0-1,3-4", "bytes=1"})
    BOOST_TEST(!artifact::parse_byte_range(text).has_value(), text);
  BOOST_TEST(to_string(*good) == "bytes 2-4/9");
  for (const auto* text : {"bytes=0-9", "bytes=5-"})
    BOOST_TEST(to_string(artifact::parse_byte_range(text).value()) == text);
}

BOOST_AUTO_TEST_SUITE_END()
