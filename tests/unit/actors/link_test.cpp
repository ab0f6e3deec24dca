// What of the bus never reaches an actor, whatever the server let through.
#include "actors/link.hpp"

#include <boost/test/unit_test.hpp>
#include <future>
#include <mutex>

#include "net/bus/handover_bus.hpp"
#include "net/bus/memory_bus.hpp"
#include "runtime/limits.hpp"
#include "runtime/message/codec.hpp"

using namespace troupe;
using namespace std::chrono_literals;
using actors::Link;

namespace {

/// The node `owner` listens on its inbox; `other` may say anything.
struct Two {
  bus::MemoryBroker broker;
  std::unique_ptr<ports::Bus> owner_bus =
      bus::hand_over_locally(broker.connect("_INBOX.owner"), "owner");
  std::unique_ptr<ports::Bus> other_bus = broker.connect("_INBOX.other");
  Link owner{*owner_bus, "main", "owner"}, other{*other_bus, "main", "other"};
  std::mutex mutex;
  std::vector<std::string> heard;
  std::unique_ptr<ports::BusSubscription> subscription = listen();

  std::unique_ptr<ports::BusSubscription> listen() {
    auto made =
        owner.listen("run", "owner", "",
                     [this](message::AgentMessage message, std::string to, std::string from) {
                       {
                         const std::lock_guard lock{mutex};
                         heard.push_back(from);
                       }
                       (void)owner.answer(
                           to, owner.make("run", message.sender, {}, message::TaskAcknowledged{}));
                     });
    BOOST_REQUIRE(made.ok());
    return std::move(*made);
  }

  std::string message_from(const std::string& sender) const {
    auto message = other.make("agent", "owner/run", {}, message::WhoIs{});
    message.sender = sender;
    return message::encode(message);
  }
  /// What comes back: the type of the answer, or the class of the error.
  std::string asked(const std::string& subject, const std::string& sender) {
    std::promise<std::string> said;
    other_bus->request(
        {subject, {}, {}, message_from(sender)}, 5s, [&](const Result<ports::BusMessage>& answer) {
          if (!answer) return said.set_value(std::string{to_string(answer.error().error_class)});
          const auto message = message::decode(answer->payload);
          const auto* refused = std::get_if<message::NotHere>(&message->body);
          said.set_value(refused ? refused->reason : std::string{type_name(message->body)});
        });
    return said.get_future().get();
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(node_link)

BOOST_AUTO_TEST_CASE(a_message_in_the_name_of_another_node_is_refused) {
  Two two;
  BOOST_TEST(two.asked("troupe.main.run.owner.other", "other/agent") == "task.acknowledged");
  BOOST_TEST(two.asked("troupe.main.run.owner.other", "third/agent") ==
             "sent by other in the name of third/agent");
  BOOST_TEST(two.asked("troupe.main.run.owner.other", "other2/agent") ==
             "sent by other in the name of other2/agent");
  BOOST_TEST((two.heard == std::vector<std::string>{"other"}));
  BOOST_TEST(two.owner.unreadable() == 2U);
}

BOOST_AUTO_TEST_CASE(nobody_has_an_answer_sent_where_it_may_not_send_itself) {
  Two two;
  std::vector<std::string> misled;
  std::vector<std::unique_ptr<ports::BusSubscription>> ears;
  for (const auto* subject : {"troupe.main.task.agent-1.owner", "_INBOX.third.>", "_HANDOVER.>"}) {
    auto ear = two.other_bus->subscribe(
        subject, "", [&](const ports::BusMessage& message) { misled.push_back(message.subject); });
    BOOST_REQUIRE(ear.ok());
    ears.push_back(std::move(*ear));
  }
  for (const auto* reply_to :
       {"troupe.main.task.agent-1.owner", "_INBOX.third.1f.7", "_HANDOVER.1", "_INBOX.other"})
    BOOST_REQUIRE(
        two.other_bus
            ->publish(
                {"troupe.main.run.owner.other", reply_to, {}, two.message_from("other/agent")})
            .ok());
  // What is asked in order comes behind them.
  BOOST_TEST(two.asked("troupe.main.run.owner.other", "other/agent") == "task.acknowledged");
  BOOST_TEST(two.heard.size() == 1U);
  BOOST_TEST(misled.empty());
  BOOST_TEST(two.owner.unreadable() == 4U);
}

BOOST_AUTO_TEST_CASE(an_answer_of_another_node_than_the_one_that_was_asked_is_none) {
  Two two;
  const auto served = two.other.listen(
      "task", "other", "", [&](const message::AgentMessage&, std::string to, std::string) {
        auto answer = two.other.make("agent_host", "owner/step", {}, message::TaskAcknowledged{});
        answer.sender = "third/agent_host";
        (void)two.other_bus->publish({to, {}, {}, message::encode(answer)});
      });
  BOOST_REQUIRE(served.ok());
  std::promise<std::string> said;
  two.owner.ask("task", "other",
                two.owner.make("step", "other/agent_host", {}, message::TaskStatus{}), 5s,
                [&](const Result<message::AgentMessage>& answer) {
                  said.set_value(answer ? "answered" : answer.error().message);
                });
  BOOST_TEST(said.get_future().get() == "other was asked, and third/agent_host is said to answer");
}

BOOST_AUTO_TEST_CASE(what_a_node_tells_itself_is_answered_within_it) {
  Two two;
  const auto ask = [&](message::Body body) {
    std::promise<Result<message::AgentMessage>> answered;
    two.owner.ask(
        "run", "owner", two.owner.make("agent", "owner/run", {}, std::move(body)), 5s,
        [&](Result<message::AgentMessage> answer) { answered.set_value(std::move(answer)); });
    return answered.get_future().get();
  };
  const auto answer = ask(message::WhoIs{});
  BOOST_REQUIRE(answer.ok());
  BOOST_TEST(answer->recipient == "owner/agent");
  BOOST_TEST(two.heard.size() == 1U);

  // The same checks as of what comes over the bus.
  const auto refused = ask(message::TaskCompleted{JsonText{"{"}, {}});
  BOOST_REQUIRE(refused.ok());
  BOOST_TEST((std::get<message::NotHere>(refused->body).reason.starts_with("unreadable: ")));
  const std::string large(limits::bus_message_bytes_max, 'x');
  BOOST_TEST((ask(message::TaskCompleted{JsonText{'"' + large + '"'}, {}}).error().error_class ==
              ErrorClass::invalid_input));
  BOOST_TEST(two.heard.size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
