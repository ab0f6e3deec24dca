#include "net/http/body_pipe.hpp"

#include <utility>

namespace troupe::http {

bool BodyPipe::give(std::string_view data) {
  Piece piece;
  {
    const std::lock_guard lock{mutex_};
    if (!waiting_) {
      refused_ = ahead_.size() >= ahead_max_;
      if (!refused_) ahead_ += data;
      return !refused_;
    }
    piece = std::exchange(waiting_, {});
  }
  piece(std::string{data});
  return true;
}

void BodyPipe::end() {
  Piece piece;
  {
    const std::lock_guard lock{mutex_};
    ended_ = true;
    piece = std::exchange(waiting_, {});
  }
  if (piece) piece(std::nullopt);
}

bool BodyPipe::ask(Piece piece) {
  std::optional<std::string> text;
  bool resume = false;
  {
    const std::lock_guard lock{mutex_};
    resume = std::exchange(refused_, false);
    if (!ahead_.empty()) {
      text = std::exchange(ahead_, {});
    } else if (!ended_) {
      waiting_ = std::move(piece);
      return resume;
    }
  }
  piece(std::move(text));
  return resume;
}

} // namespace troupe::http
