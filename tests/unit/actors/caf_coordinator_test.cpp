#include "actors/caf_coordinator.hpp"

#include <boost/test/unit_test.hpp>
#include <future>
#include <vector>

using namespace troupe::actors;
using namespace std::chrono_literals;

namespace {

struct Number {
  int value = 0;
};
struct Question {};
template <class T>
void actor_message(const T&);

struct Config : caf::actor_system_config {
  Config() { load<Coordinator>(); }
};

/// Ends with the first number it is sent.
caf::behavior ends_soon(caf::event_based_actor* self) {
  return {[self](Number) { self->quit(); }};
}

/// Asks who does not answer in time, ends, and tells how that went.
caf::behavior asks(caf::event_based_actor* self, const caf::actor& whom,
                   const std::shared_ptr<std::promise<std::string>>& told) {
  self->request(whom, 20ms, Question{})
      .then([told](Number) { told->set_value("an answer"); },
            [self, told](const caf::error& error) {
              told->set_value(self->system().render(error));
              self->quit();
            });
  return {[](Number) {}};
}

caf::behavior never_answers(caf::event_based_actor* self) {
  return {[self](Question) { return self->make_response_promise<Number>(); }};
}

caf::behavior collects(caf::event_based_actor* self,
                       const std::shared_ptr<std::promise<std::vector<int>>>& told) {
  auto seen = std::make_shared<std::vector<int>>();
  self->delayed_send(self, 30ms, Number{3});
  self->delayed_send(self, 10ms, Number{1});
  self->delayed_send(self, 20ms, Number{2});
  return {[=](Number number) {
    seen->push_back(number.value);
    if (seen->size() < 3) return;
    told->set_value(*seen);
    self->quit();
  }};
}

} // namespace

BOOST_AUTO_TEST_SUITE(caf_coordinator)

BOOST_AUTO_TEST_CASE(a_system_that_loads_it_has_it) {
  Config config;
  caf::actor_system system{config};
  BOOST_TEST(dynamic_cast<Coordinator*>(&system.scheduler()) != nullptr);
}

BOOST_AUTO_TEST_CASE(delayed_messages_come_in_the_order_of_their_times) {
  Config config;
  caf::actor_system system{config};
  auto told = std::make_shared<std::promise<std::vector<int>>>();
  system.spawn(collects, told);
  BOOST_TEST((told->get_future().get() == std::vector{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(a_request_still_runs_out_of_time) {
  Config config;
  caf::actor_system system{config};
  const auto mute = system.spawn(never_answers);
  auto told = std::make_shared<std::promise<std::string>>();
  system.spawn(asks, mute, told);
  const auto how = told->get_future().get();
  BOOST_TEST(how.find("request_timeout") != std::string::npos, how);
  caf::anon_send_exit(mute, caf::exit_reason::user_shutdown);
}

BOOST_AUTO_TEST_CASE(what_goes_off_for_an_actor_that_has_ended_harms_nobody) {
  Config config;
  caf::actor_system system{config};
  for (int i = 0; i < 100; ++i) {
    const auto actor = system.spawn(ends_soon);
    caf::delayed_anon_send(actor, 5ms, Number{i});
    caf::anon_send(actor, Number{i});
  }
  auto told = std::make_shared<std::promise<std::vector<int>>>();
  system.spawn(collects, told); // the last of these comes after all of those
  BOOST_TEST(told->get_future().get().size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
