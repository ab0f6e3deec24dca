#include "runtime/artifact/whole.hpp"

#include "runtime/artifact_limits.hpp"

namespace troupe::artifact {
namespace {

class Putting : public std::enable_shared_from_this<Putting> {
 public:
  Putting(PutPart put, ports::ArtifactPart frame, Content content,
          std::function<void(Result<>)> done)
      : put_{std::move(put)},
        frame_{std::move(frame)},
        content_{std::move(content)},
        done_{std::move(done)} {}

  void go_on(std::uint64_t from) {
    auto part = frame_;
    part.from = from;
    part.body = content_->substr(from, limits::artifact_part_bytes_max);
    const auto next = from + part.body.size();
    put_(std::move(part), [self = shared_from_this(), next](const Result<bool>& whole) {
      if (!whole) return self->done_(whole.error());
      if (*whole) return self->done_({});
      if (next < self->content_->size()) return self->go_on(next);
      self->done_(make_error(ErrorClass::internal, "parts of it were dropped on their way"));
    });
  }

 private:
  PutPart put_;
  ports::ArtifactPart frame_; // without a body
  Content content_;
  std::function<void(Result<>)> done_;
};

class Reading : public std::enable_shared_from_this<Reading> {
 public:
  Reading(ReadPiece read, RunId run, std::string hash, std::uint64_t bytes_max,
          std::function<void(Result<Content>)> done)
      : read_{std::move(read)},
        run_{run},
        hash_{std::move(hash)},
        bytes_max_{bytes_max},
        done_{std::move(done)} {}

  void go_on() {
    read_(run_, hash_, text_.size(), [self = shared_from_this()](const auto& piece) {
      if (!piece) return self->done_(piece.error());
      if (!*piece) return self->done_(Content{});
      self->take(**piece);
    });
  }

 private:
  void take(const ports::ArtifactPiece& piece) {
    if (piece.bytes > bytes_max_)
      return done_(make_error(ErrorClass::invalid_input,
                              "it has " + std::to_string(piece.bytes) + " bytes; at most " +
                                  std::to_string(bytes_max_) + " can be read"));
    text_ += piece.body;
    if (text_.size() < piece.bytes) return go_on();
    done_(std::make_shared<const std::string>(std::move(text_)));
  }

  ReadPiece read_;
  RunId run_;
  std::string hash_;
  std::uint64_t bytes_max_;
  std::function<void(Result<Content>)> done_;
  std::string text_;
};

} // namespace

void put_whole(const PutPart& put, RunId run, const Reference& what, Content content, Instant at,
               std::function<void(Result<>)> done) {
  ports::ArtifactPart frame;
  frame.run = run;
  frame.uploader = to_string(run) + "/run";
  frame.hash = what.hash;
  frame.type = what.type;
  frame.bytes = what.bytes;
  frame.at = at;
  std::make_shared<Putting>(put, std::move(frame), std::move(content), std::move(done))->go_on(0);
}

void read_whole(const ReadPiece& read, RunId run, const std::string& hash, std::uint64_t bytes_max,
                std::function<void(Result<Content>)> done) {
  std::make_shared<Reading>(read, run, hash, bytes_max, std::move(done))->go_on();
}

} // namespace troupe::artifact
