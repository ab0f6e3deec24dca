// The thread of one connection of libnats: it reads, and writes together what was said meanwhile.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

#include "net/bus/link_watch.hpp"
#include "runtime/clock.hpp"

struct __natsConnection; // libnats's natsConnection
struct __natsOptions;    // libnats's natsOptions

namespace troupe::bus {

/// An event loop of libnats's, of one connection. Sending appends to libnats's buffer. Who sends
/// while little is said writes the buffer itself, at once; when much is said the thread of the loop
/// does, and whatever came together goes in one write. No message waits for a time.
///
/// libnats 3.4.1 reads without its lock, and closes the descriptor, and TLS, where it sees an
/// error. So everything that may touch the socket holds `io_` here, and libnats's own verdict on a
/// silent server, which would come from a thread of its own, is left to LinkWatch.
class NatsLoop {
 public:
  NatsLoop();
  ~NatsLoop(); // requires end(), if it was started
  NatsLoop(const NatsLoop&) = delete;
  NatsLoop& operator=(const NatsLoop&) = delete;

  /// Before the connection is made; outlives it. False: libnats refuses.
  bool join(__natsOptions* options);
  /// Once the connection stands. `on_closed` runs on the thread of the loop, once libnats has
  /// closed.
  void start(std::function<void()> on_closed);

  /// Appends by `say`, and sees that it is written.
  template <class Say>
  auto send(Say&& say) {
    leaves_writing() = false;
    const auto said = say();
    leaves_writing() = true;
    if (wants_write_) write_or_ring();
    return said;
  }

  /// Shuts the socket; libnats closes soon after. Any thread.
  void cut();
  /// Writes what was sent before, for up to `linger`, and closes. Afterwards nothing is written.
  /// Joins the thread, so not from within it; harmless when repeated.
  void end(Millis linger);

  LinkProgress progress() const { return {reads_, writes_, wants_write_}; }

  /// Held while libnats takes messages from the socket. Its delivering thread should not begin with
  /// the first of them, only to be woken again for each that follows: pass() it before a handler.
  class Gate {
   public:
    void pass() { const std::lock_guard lock{mutex_}; }

   private:
    friend class NatsLoop;
    std::mutex mutex_;
  };
  const std::shared_ptr<Gate>& gate() const { return gate_; } // outlives this

 private:
  struct Callbacks; // libnats's

  static bool& leaves_writing(); // to the loop: whatever this thread has libnats append
  bool is_quiet() const;
  void write_or_ring();
  void ring();
  void run();
  void turn(int timeout_ms);
  short wait(int timeout_ms);
  void read();  // with io_ held, as
  void write(); // this
  void drain_and_close(Millis linger);

  __natsConnection* connection_ = nullptr;
  int socket_ = -1; // libnats's; closed by it
  int shut_ = -1;   // the same socket, ours to shut at any time
  int bell_ = -1;   // wakes the thread
  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();
  std::mutex io_;                         // whoever reads, writes or closes
  std::atomic<bool> wants_write_ = false; // libnats has bytes to write; as it says
  std::atomic<bool> is_full_ = false;     // the socket takes no more for now
  std::atomic<bool> detached_ = false;    // libnats has closed
  std::atomic<bool> asleep_ = false, stopping_ = false;
  std::atomic<std::uint64_t> reads_ = 0, writes_ = 0;
  std::atomic<std::int64_t> last_write_ns_ = 0;
  Millis linger_{0};
  std::function<void()> on_closed_;
  std::promise<void> closed_;
  std::thread thread_;
};

} // namespace troupe::bus
