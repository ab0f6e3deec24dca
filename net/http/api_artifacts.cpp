#include "net/http/api_artifacts.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "net/http/api_answers.hpp"
#include "net/http/api_body.hpp"
#include "net/http/api_parameters.hpp"
#include "runtime/artifact/byte_range.hpp"
#include "runtime/artifact/reference.hpp"

namespace troupe::http {
namespace {

namespace json = boost::json;
using limits::artifact_piece_bytes;
using ports::ArtifactDesk;
using ports::Artifacts;
using ports::Operations;

Response unauthorized(std::string_view why) {
  return problem(401, why, {{"WWW-Authenticate", "Bearer"}});
}

/// The problem of what a store or a check refuses.
Response refused(const Error& error) {
  if (error.error_class == ErrorClass::denied) return unauthorized(error.message);
  if (error.error_class == ErrorClass::effect_conflict) return problem(403, error.message);
  if (error.error_class == ErrorClass::budget_exceeded) return problem(413, error.message);
  return to_response(error);
}

/// The hash of the path; nothing: it has been answered.
std::optional<std::string> hash_of(const Request& request, const Answer& answer) {
  const auto& name = request.path_value("hash");
  auto hash = artifact::parse_name(name.starts_with("sha256:") ? name : "sha256:" + name);
  if (!hash)
    answer(problem(400, "an artifact is named sha256:<64 hex digits, lower case>, not " + name));
  return hash;
}

/// Goes on with the attempt that the request's token belongs to.
template <class Then>
void with_executor(ArtifactDesk& desk, const Request& request, const Answer& answer, Then then) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view text = request.header("authorization").value_or("");
  if (!text.starts_with(scheme))
    return answer(unauthorized("expected the header Authorization: Bearer <token of an attempt>"));
  desk.executor(std::string{text.substr(scheme.size())},
                [answer, then](const Result<artifact::Token>& token) {
                  token ? then(*token) : answer(refused(token.error()));
                });
}

// ---- reading

/// What is left to send of an artifact, piece by piece.
class Outflow : public std::enable_shared_from_this<Outflow> {
 public:
  Outflow(Artifacts& artifacts, RunId run, std::string hash, std::uint64_t from, std::uint64_t end,
          std::string first)
      : artifacts_{artifacts},
        run_{run},
        hash_{std::move(hash)},
        from_{from},
        end_{end},
        ready_{std::move(first)} {}

  void next(Piece piece) {
    if (ready_) return give(std::move(*std::exchange(ready_, std::nullopt)), piece);
    if (from_ >= end_) return piece(std::nullopt);
    artifacts_.read(
        run_, hash_, from_ - from_ % artifact_piece_bytes,
        [self = shared_from_this(), piece](Result<std::optional<ports::ArtifactPiece>> read) {
          if (!read || !*read) return piece(std::nullopt); // too short: it is noticed
          self->give(std::move((*read)->body), piece);
        });
  }

 private:
  /// `body`: the piece in which from_ lies.
  void give(std::string body, const Piece& piece) {
    body.erase(0, from_ % artifact_piece_bytes);
    body.resize(std::min<std::uint64_t>(body.size(), end_ - from_));
    from_ += body.size();
    piece(std::move(body));
  }

  Artifacts& artifacts_;
  RunId run_;
  std::string hash_;
  std::uint64_t from_, end_;
  std::optional<std::string> ready_; // the piece of from_, read already
};

Response content(Artifacts& artifacts, RunId run, const std::string& hash,
                 const std::optional<artifact::ByteRange>& range, ports::ArtifactPiece first) {
  const auto from = range ? range->first : 0;
  const auto end = range && range->last ? std::min(*range->last + 1, first.bytes) : first.bytes;
  Response response{range ? 206 : 200, "", first.type};
  response.headers = {{"Accept-Ranges", "bytes"},
                      {"Content-Disposition", "attachment"}, // whatever it is: it is not ours
                      {"Content-Security-Policy", "sandbox"}};
  if (range)
    response.headers.emplace_back("Content-Range",
                                  to_string(artifact::ContentRange{from, end - from, first.bytes}));
  const auto offset = from % artifact_piece_bytes;
  if (offset + (end - from) <= artifact_piece_bytes) {
    response.body = first.body.substr(offset, end - from);
    return response;
  }
  response.headers.emplace_back("Content-Length", std::to_string(end - from));
  auto flow = std::make_shared<Outflow>(artifacts, run, hash, from, end, std::move(first.body));
  response.pieces = [flow](Piece piece) { flow->next(std::move(piece)); };
  return response;
}

void send(ArtifactDesk& desk, RunId run, const std::string& hash, const Request& request,
          const Answer& answer) {
  auto& artifacts = desk.artifacts();
  std::optional<artifact::ByteRange> range;
  if (const auto text = request.header("range")) range = artifact::parse_byte_range(*text);
  const auto from = range ? range->first : 0;
  if (range && range->last && *range->last < from) range.reset(); // RFC 9110: as if it were absent
  artifacts.read(run, hash, from - from % artifact_piece_bytes,
                 [&artifacts, run, hash, range, from,
                  answer](Result<std::optional<ports::ArtifactPiece>> first) {
                   if (!first) return answer(refused(first.error()));
                   if (*first && (from < (*first)->bytes || from == 0)) {
                     const auto part = (*first)->bytes > 0 ? range : std::nullopt;
                     return answer(content(artifacts, run, hash, part, std::move(**first)));
                   }
                   if (from > 0) return answer(problem(416, "the artifact ends before that byte"));
                   answer(problem(404, "run " + to_string(run) + " refers to no artifact " +
                                           artifact::name_of(hash)));
                 });
}

// ---- taking in

void take_in(ArtifactDesk& desk, ports::ArtifactPart part, const Answer& answer) {
  const artifact::Reference reference{part.hash, part.bytes, part.type};
  desk.artifacts().put(std::move(part), [answer, reference](Result<bool> whole) {
    if (!whole) return answer(refused(whole.error()));
    *whole ? answer({201, artifact::to_json(reference).text})
           : answer({202, R"({"complete":false})"});
  });
}

void add_for_executors(Router& router, ArtifactDesk& desk) {
  router.on("PUT", "/v1/artifacts/{hash}", [&](Request request, Answer answer) {
    auto hash = hash_of(request, answer);
    if (!hash) return;
    artifact::ContentRange range{0, request.body.size(), request.body.size()};
    if (const auto text = request.header("content-range")) {
      const auto parsed = artifact::parse_content_range(*text);
      if (!parsed || parsed->bytes != request.body.size())
        return answer(problem(400,
                              "Content-Range: expected bytes <first>-<last>/<bytes of the "
                              "whole>, as many as the body has"));
      range = *parsed;
    }
    auto shared = std::make_shared<Request>(std::move(request));
    with_executor(desk, *shared, answer,
                  [&desk, shared, answer, range, hash](const artifact::Token& token) {
                    ports::ArtifactPart part;
                    part.run = token.run;
                    part.uploader = to_string(token.run) + '/' + std::to_string(token.attempt);
                    part.hash = *hash;
                    part.type = shared->header("content-type").value_or("application/octet-stream");
                    part.bytes = range.whole;
                    part.from = range.from;
                    part.body = std::move(shared->body);
                    part.at = SystemClock{}.now();
                    take_in(desk, std::move(part), answer);
                  });
  });
  router.on("GET", "/v1/artifacts/{hash}", [&](Request request, Answer answer) {
    const auto hash = hash_of(request, answer);
    if (!hash) return;
    with_executor(desk, request, answer, [&, hash, request, answer](const auto& token) {
      send(desk, token.run, *hash, request, answer);
    });
  });
}

// ---- for operators

std::string to_json(RunId run, const std::vector<ports::ArtifactRow>& rows, bool more) {
  json::array list;
  for (const auto& row : rows)
    list.push_back(json::object{{"artifact", artifact::name_of(row.hash)},
                                {"bytes", row.bytes},
                                {"type", row.type},
                                {"at", to_iso8601(row.at)}});
  json::value next = nullptr;
  if (more) next = artifact::name_of(rows.back().hash);
  return json::serialize(json::object{
      {"run", to_string(run)}, {"artifacts", std::move(list)}, {"next", std::move(next)}});
}

/// "?after=sha256:..&limit=".
struct ListPage {
  std::string after;
  std::uint32_t limit = 100;
};
Result<ListPage> parse_page(Fields query) {
  ListPage page;
  const auto after = std::ranges::find(query, "after", &Fields::value_type::first);
  if (after != query.end()) {
    const auto hash = artifact::parse_name(after->second);
    if (!hash) return invalid("?after=: expected sha256:<64 hex digits>");
    page.after = *hash;
    query.erase(after);
  }
  const bool limited = !query.empty();
  const auto limit = parse_limit(query);
  if (!limit) return limit.error();
  if (limited) page.limit = *limit;
  return page;
}

} // namespace

void add_artifacts(Router& router, ArtifactDesk& desk, Operations& operations) {
  add_for_executors(router, desk);
  router.on("GET", "/v1/runs/{id}/artifacts", [&](Request request, Answer answer) {
    const auto id = run_of(request, answer);
    if (!id) return;
    const auto page = parse_page(request.query);
    if (!page) return answer(to_response(page.error()));
    desk.artifacts().list(*id, page->after, page->limit,
                          [&operations, id = *id, limit = page->limit,
                           answer](const Result<std::vector<ports::ArtifactRow>>& rows) {
                            if (!rows) return answer(to_response(rows.error()));
                            const auto list = found(to_json(id, *rows, rows->size() == limit));
                            if (!rows->empty()) return answer(list);
                            operations.run(
                                id, into<JsonText>(answer, [id, list](const JsonText& run) {
                                  return run.text == "null" ? no_such("run", to_string(id)) : list;
                                }));
                          });
  });
  router.on("GET", "/v1/runs/{id}/artifacts/{hash}", [&](Request request, Answer answer) {
    const auto id = run_of(request, answer);
    if (!id) return;
    if (const auto hash = hash_of(request, answer)) send(desk, *id, *hash, request, answer);
  });
}

} // namespace troupe::http
