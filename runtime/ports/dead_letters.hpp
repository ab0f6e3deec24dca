// Port: injected events that could not be used, kept until a person has seen to them.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/json_text.hpp"
#include "runtime/result.hpp"

namespace troupe::ports {

struct DeadLetter {
  std::string id;          // the same for the same event, however often it comes
  std::string channel;     // <source> of in.<source>
  Instant at{};            // when it came first
  std::string reason;      // what was wrong with it last
  JsonText letter;         // intake::encode_injected
  std::uint64_t place = 0; // the store's: rises in the order of arrival
};

/// All calls: never block, `done` runs exactly once on a thread of the store. Errors of every call
/// as those of JobStore.
class DeadLetters {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~DeadLetters() = default;

  /// Keeps it; one that is there gets the new reason. Of more than limits::dead_letters_max the
  /// oldest go.
  virtual void put(DeadLetter letter, Done<Unit> done) = 0;
  /// Newest first, at most `limit` (and limits::list_rows_max), those before `before` (0: from the
  /// newest).
  virtual void list(std::uint32_t limit, std::uint64_t before,
                    Done<std::vector<DeadLetter>> done) = 0;
  virtual void get(std::string id, Done<std::optional<DeadLetter>> done) = 0;
  /// False: it is not there.
  virtual void remove(std::string id, Done<bool> done) = 0;
};

} // namespace troupe::ports
