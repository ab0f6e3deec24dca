// What the memory store does beyond the ports: the rules of the ports are tests/conformance.
#include "runtime/store/memory_store.hpp"

#include <boost/test/unit_test.hpp>
#include <thread>

using namespace troupe;
using namespace troupe::store;

BOOST_AUTO_TEST_SUITE(memory_store)

BOOST_AUTO_TEST_CASE(a_manual_store_answers_when_it_is_told_to_on_the_callers_thread) {
  MemoryStore store{make_memory_database(), MemoryStore::Delivery::manual};
  const auto here = std::this_thread::get_id();
  int answers = 0;
  store.membership().peers([&](auto) {
    BOOST_TEST((std::this_thread::get_id() == here));
    ++answers;
    store.membership().peers([&](auto) { ++answers; }); // asked from within an answer
  });
  store.journal().append({}, [&](auto) { ++answers; });
  BOOST_TEST(answers == 0);
  BOOST_TEST(store.journal().depth() == 1u);
  BOOST_TEST(store.deliver() == 3u);
  BOOST_TEST(answers == 3);
  BOOST_TEST(store.journal().depth() == 0u);
  BOOST_TEST(store.deliver() == 0u);
}

BOOST_AUTO_TEST_CASE(closing_answers_calls_and_drops_appends) {
  int internal = 0, appended = 0;
  {
    MemoryStore store{make_memory_database(), MemoryStore::Delivery::manual};
    store.membership().peers([&](auto result) {
      internal += !result.ok() && result.error().error_class == ErrorClass::internal;
    });
    store.jobs().get_document("x", [&](auto result) {
      internal += !result.ok() && result.error().error_class == ErrorClass::internal;
    });
    store.journal().append({}, [&](auto) { ++appended; });
  }
  BOOST_TEST(internal == 2);
  BOOST_TEST(appended == 0);
}

BOOST_AUTO_TEST_SUITE_END()
