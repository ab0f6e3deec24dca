#include "net/bus/nats_loop.hpp"

#include <fcntl.h>
#include <nats/nats.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

namespace troupe::bus {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

/// After so long without a write, who sends writes.
constexpr std::chrono::nanoseconds quiet_after = 100us;

std::int64_t now_ns() { return Steady::now().time_since_epoch() / 1ns; }

} // namespace

/// libnats calls them with its own lock held, or while nobody else can.
struct NatsLoop::Callbacks {
  static natsStatus attach(void** closure, void* loop, natsConnection* connection,
                           natsSock socket) {
    auto& self = *static_cast<NatsLoop*>(loop);
    self.connection_ = connection;
    self.socket_ = socket;
    if (self.shut_ >= 0) close(self.shut_);
    self.shut_ = fcntl(socket, F_DUPFD_CLOEXEC, 0);
    *closure = loop;
    return self.shut_ >= 0 ? NATS_OK : NATS_SYS_ERROR;
  }
  static natsStatus read(void*, bool) { return NATS_OK; } // until it detaches
  static natsStatus write(void* closure, bool wanted) {
    auto& self = *static_cast<NatsLoop*>(closure);
    self.wants_write_ = wanted;
    if (wanted && leaves_writing()) self.ring();
    return NATS_OK;
  }
  static natsStatus detach(void* closure) {
    auto& self = *static_cast<NatsLoop*>(closure);
    self.detached_ = true;
    self.ring();
    return NATS_OK;
  }
};

NatsLoop::NatsLoop() : bell_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  if (bell_ < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
}

NatsLoop::~NatsLoop() {
  if (shut_ >= 0) close(shut_);
  close(bell_);
}

bool NatsLoop::join(natsOptions* options) {
  return natsOptions_SetEventLoop(options, this, Callbacks::attach, Callbacks::read,
                                  Callbacks::write, Callbacks::detach) == NATS_OK;
}

void NatsLoop::start(std::function<void()> on_closed) {
  on_closed_ = std::move(on_closed);
  thread_ = std::thread{[this] { run(); }};
}

void NatsLoop::cut() { shutdown(shut_, SHUT_RDWR); }

void NatsLoop::end(Millis linger) {
  if (!thread_.joinable()) return;
  linger_ = linger;
  stopping_ = true;
  ring();
  // libnats may wait within a read for the rest of a TLS record.
  if (closed_.get_future().wait_for(linger) != std::future_status::ready) cut();
  thread_.join();
}

bool& NatsLoop::leaves_writing() {
  thread_local bool leaves = true;
  return leaves;
}

bool NatsLoop::is_quiet() const { return now_ns() - last_write_ns_ > quiet_after.count(); }

void NatsLoop::write_or_ring() {
  if (is_quiet() && !is_full_ && io_.try_lock()) {
    const std::lock_guard lock{io_, std::adopt_lock};
    write();
  }
  if (wants_write_) ring();
}

/// A thread that is awake looks before it sleeps.
void NatsLoop::ring() {
  if (asleep_.exchange(false)) eventfd_write(bell_, 1);
}

void NatsLoop::run() {
  while (!detached_ && !stopping_) turn(-1);
  drain_and_close(linger_);
  closed_.set_value();
  on_closed_();
  nats_ReleaseThreadMemory();
}

void NatsLoop::turn(int timeout_ms) {
  const short ready = wait(timeout_ms);
  // Whoever is about to say more goes first, so that more goes together.
  if (!is_quiet()) std::this_thread::yield();
  const std::lock_guard lock{io_};
  if (ready & POLLOUT) is_full_ = false;
  if (ready & ~POLLOUT) read();
  if (!is_full_) write();
}

short NatsLoop::wait(int timeout_ms) {
  const bool full = is_full_;
  pollfd wanted[] = {{socket_, static_cast<short>(full ? POLLIN | POLLOUT : POLLIN), 0},
                     {bell_, POLLIN, 0}};
  asleep_ = true;
  const bool is_over = detached_ || (stopping_ && timeout_ms < 0);
  poll(wanted, 2, is_over || full != is_full_ || (wants_write_ && !full) ? 0 : timeout_ms);
  asleep_ = false;
  eventfd_t rung = 0;
  if (wanted[1].revents) eventfd_read(bell_, &rung);
  return wanted[0].revents;
}

void NatsLoop::read() {
  if (detached_) return;
  errno = 0; // libnats takes an old EAGAIN for "nothing there yet", even where a TLS stream ends
  const std::lock_guard taking{gate_->mutex_};
  natsConnection_ProcessReadEvent(connection_);
  ++reads_;
}

void NatsLoop::write() {
  if (detached_ || !wants_write_) return; // libnats takes nothing to write for a closed connection
  errno = 0;
  natsConnection_ProcessWriteEvent(connection_);
  ++writes_;
  last_write_ns_ = now_ns();
  is_full_ = wants_write_.load();
}

void NatsLoop::drain_and_close(Millis linger) {
  const auto end = Steady::now() + linger;
  for (auto left = linger; !detached_ && wants_write_ && left > Millis{0};
       left = std::chrono::ceil<Millis>(end - Steady::now()))
    turn(static_cast<int>(left.count()));
  const std::lock_guard lock{io_};
  cut();
  while (!detached_) read(); // up to its end, at which libnats closes
}

} // namespace troupe::bus
