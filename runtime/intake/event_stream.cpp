#include "runtime/intake/event_stream.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <vector>

#include "runtime/intake_limits.hpp"
#include "runtime/json_value.hpp"

namespace troupe::intake {
namespace {

namespace json = boost::json;

constexpr std::string_view consumer = "orchestrators";
constexpr Millis pull_time{5'000};     // then the server ends a pull
constexpr Millis pull_grace{1'000};    // for its word of it
constexpr Millis again_after{5'000};   // a refusal
constexpr Millis absent_retry{30'000}; // JetStream is not there
constexpr Millis pause{1'000};         // Postgres took nothing
constexpr std::string_view pull_over = "408";
constexpr int stream_not_found = 10059; // err_code of nats-server

std::int64_t nanoseconds(Millis time) { return time.count() * 1'000'000; }

/// What the API says of a fault; nothing: it is done.
std::optional<json::object> fault_of(const json::value& answer) {
  const auto* object = answer.if_object();
  const auto* error = object == nullptr ? nullptr : object->if_contains("error");
  return error != nullptr && error->is_object() ? std::optional{error->get_object()} : std::nullopt;
}

std::vector<std::string_view> tokens_of(std::string_view subject) {
  std::vector<std::string_view> tokens;
  for (std::size_t at = 0; at <= subject.size();) {
    const auto end = std::min(subject.find('.', at), subject.size());
    tokens.push_back(subject.substr(at, end - at));
    at = end + 1;
  }
  return tokens;
}

/// "$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<..>.<time>.<..>", or with domain and
/// account behind ACK. Sequence and time: a stream that is made anew counts from 1 again.
std::string place_in(std::string_view reply_to) {
  const auto tokens = tokens_of(reply_to);
  const std::size_t shift = tokens.size() >= 11 ? 2 : 0;
  if (tokens.size() < 9) return std::string{reply_to};
  return std::string{tokens[5 + shift]} + '-' + std::string{tokens[7 + shift]};
}

/// "408" where the server says something of the pull; null: it is an event.
const std::string* status_of(const ports::BusMessage& message) {
  for (const auto& [name, value] : message.headers)
    if (name == "Status") return &value;
  return nullptr;
}

} // namespace

std::string event_stream_name(std::string_view cluster) {
  return "troupe-" + std::string{cluster} + "-in";
}

std::string event_later(Millis after) {
  return "-NAK " + json::serialize(json::object{{"delay", nanoseconds(after)}});
}

EventStream::EventStream(std::string cluster, unsigned replicas)
    : cluster_{std::move(cluster)}, stream_{event_stream_name(cluster_)}, replicas_{replicas} {}

/// Each event goes to one node, and stays until one has acknowledged it. A full stream refuses what
/// is new rather than forgetting what is old.
std::string EventStream::stream_config() const {
  return json::serialize(json::object{{"name", stream_},
                                      {"subjects", {"troupe." + cluster_ + ".in.*.*"}},
                                      {"retention", "workqueue"},
                                      {"discard", "new"},
                                      {"storage", "file"},
                                      {"max_bytes", limits::stream_bytes_max},
                                      {"max_msgs", -1},
                                      {"max_age", 0},
                                      {"max_msg_size", limits::bus_message_bytes_max},
                                      {"num_replicas", replicas_},
                                      {"duplicate_window", nanoseconds(Millis{120'000})}});
}

std::string EventStream::consumer_config() const {
  return json::serialize(json::object{{"stream_name", stream_},
                                      {"config",
                                       {{"durable_name", consumer},
                                        {"deliver_policy", "all"},
                                        {"ack_policy", "explicit"},
                                        {"ack_wait", nanoseconds(Millis{limits::event_ack_wait})},
                                        {"max_deliver", -1},
                                        {"max_ack_pending", 16 * limits::events_in_hand_max}}}});
}

EventStream::Ask EventStream::ask(std::string_view verb, std::string payload) {
  asking_ = true;
  return {"$JS.API." + std::string{verb}, std::move(payload)};
}

EventStream::Do EventStream::next(Millis now) {
  if (stopped_ || asking_ || now < not_before_) return {};
  switch (phase_) {
    case Phase::look: return ask("STREAM.INFO." + stream_, "");
    case Phase::make: return ask("STREAM.CREATE." + stream_, stream_config());
    case Phase::consume:
      return ask("CONSUMER.DURABLE.CREATE." + stream_ + '.' + std::string{consumer},
                 consumer_config());
    case Phase::open: break;
  }
  if (now >= pull_until_) pulled_ = 0;
  const auto room = limits::events_in_hand_max - std::min(in_hand_, limits::events_in_hand_max);
  if (pulled_ > 0 || room < limits::events_in_hand_max / 2) return {};
  pulled_ = room;
  pull_until_ = now + pull_time + pull_grace;
  return Pull{"$JS.API.CONSUMER.MSG.NEXT." + stream_ + '.' + std::string{consumer},
              json::serialize(json::object{{"batch", room}, {"expires", nanoseconds(pull_time)}})};
}

Error EventStream::explain(const Error& error) const {
  if (error.error_class == ErrorClass::agent_down)
    return make_error(ErrorClass::no_capacity,
                      "the NATS server has no JetStream, so events cannot be injected on the bus; "
                      "give its file `jetstream { store_dir: .. }`");
  return error;
}

std::optional<Error> EventStream::answered(const Result<std::string>& payload, Millis now) {
  asking_ = false;
  std::optional<Error> wrong;
  if (!payload) {
    wrong = explain(payload.error());
    not_before_ =
        now + (payload.error().error_class == ErrorClass::agent_down ? absent_retry : again_after);
  } else if (const auto answer = read_json(*payload); !answer) {
    wrong = make_error(ErrorClass::internal, "JetStream answered what is not JSON");
    not_before_ = now + again_after;
  } else if (const auto fault = fault_of(*answer)) {
    const auto* code = fault->if_contains("err_code");
    if (phase_ == Phase::look && code != nullptr && *code == stream_not_found) {
      phase_ = Phase::make;
      return std::nullopt;
    }
    wrong = make_error(ErrorClass::internal,
                       "JetStream refuses the stream " + stream_ + ": " + json::serialize(*fault));
    phase_ = Phase::look; // maybe another node has made it by now
    not_before_ = now + again_after;
  } else {
    phase_ = phase_ == Phase::consume ? Phase::open : Phase::consume;
    said_.clear();
  }
  if (!wrong || wrong->message == said_) return std::nullopt;
  said_ = wrong->message;
  return wrong;
}

std::optional<Injected> EventStream::came(const ports::BusMessage& message, Millis now) {
  if (const auto* status = status_of(message)) {
    pulled_ = 0;
    if (*status == pull_over) return std::nullopt;
    phase_ = Phase::look; // the stream or the consumer is gone, or moved to another server
    not_before_ = now + pause;
    return std::nullopt;
  }
  if (pulled_ > 0) --pulled_;
  ++in_hand_;
  const auto tokens = tokens_of(message.subject); // troupe.<cluster>.in.<source>.<sender>
  Injected injected;
  if (tokens.size() == 5) {
    injected.channel = tokens[3];
    injected.sender = tokens[4];
  }
  injected.headers = message.headers;
  injected.payload = message.payload;
  injected.place = place_in(message.reply_to);
  return injected;
}

void EventStream::settled(bool taken, Millis now) {
  if (in_hand_ > 0) --in_hand_;
  if (!taken) not_before_ = std::max(not_before_, now + pause);
}

void EventStream::link_changed() {
  phase_ = Phase::look;
  asking_ = false;
  pulled_ = 0;
  not_before_ = {};
}

} // namespace troupe::intake
