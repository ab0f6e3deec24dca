#include "runtime/store/pg_dead_letters.hpp"

#include <algorithm>
#include <utility>

#include "runtime/intake_limits.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using namespace ports;

namespace {

constexpr PgStatement put_letter{
    "put_dead_letter",
    "WITH kept AS ("
    "  INSERT INTO dead_letters (id, channel, at, reason, letter)"
    "  VALUES ($1::text, $2::text, $3::timestamptz, $4::text, $5::text)"
    "  ON CONFLICT (id) DO UPDATE SET reason = EXCLUDED.reason)"
    " DELETE FROM dead_letters WHERE place <="
    "  (SELECT place FROM dead_letters ORDER BY place DESC OFFSET $6::bigint - 1 LIMIT 1)"};

#define TROUPE_LETTER "id, channel, " TROUPE_MILLIS("at") ", reason, letter, place"

constexpr PgStatement list_letters{"list_dead_letters",
                                   "SELECT " TROUPE_LETTER
                                   " FROM dead_letters WHERE $1::bigint = 0 OR place < $1"
                                   " ORDER BY place DESC LIMIT $2::bigint"};

constexpr PgStatement get_letter{"get_dead_letter",
                                 "SELECT " TROUPE_LETTER " FROM dead_letters WHERE id = $1::text"};

constexpr PgStatement remove_letter{"remove_dead_letter",
                                    "DELETE FROM dead_letters WHERE id = $1::text RETURNING 1"};

DeadLetter letter_of(const PgRows& rows, std::size_t row) {
  const auto text = [&](int column) { return std::string{rows.text(row, column)}; };
  return {text(0), text(1),           rows.instant(row, 2),
          text(3), JsonText{text(4)}, static_cast<std::uint64_t>(rows.integer(row, 5))};
}

} // namespace

void PgDeadLetters::put(DeadLetter letter, Done<Unit> done) {
  worker_.call<Unit>(
      std::move(done),
      [letter = std::move(letter)](auto& connection, auto deadline) -> PgAttempt<Unit> {
        PgParams params;
        params.text(storable(letter.id)).text(storable(letter.channel)).instant(letter.at);
        params.text(storable(letter.reason)).text(letter.letter.text);
        params.integer(limits::dead_letters_max);
        const auto answer = connection.run(put_letter, params, deadline);
        if (!answer.ok()) return *answer.fault;
        return Unit{};
      });
}

void PgDeadLetters::list(std::uint32_t limit, std::uint64_t before,
                         Done<std::vector<DeadLetter>> done) {
  using Rows = std::vector<DeadLetter>;
  worker_.call<Rows>(std::move(done), [=](auto& connection, auto deadline) -> PgAttempt<Rows> {
    PgParams params;
    params.integer(before).integer(std::min<std::size_t>(limit, limits::list_rows_max));
    const auto answer = connection.run(list_letters, params, deadline);
    if (!answer.ok()) return *answer.fault;
    Rows rows;
    for (std::size_t i = 0; i < answer.rows.size(); ++i) rows.push_back(letter_of(answer.rows, i));
    return rows;
  });
}

void PgDeadLetters::get(std::string id, Done<std::optional<DeadLetter>> done) {
  using Found = std::optional<DeadLetter>;
  worker_.call<Found>(std::move(done), [=](auto& connection, auto deadline) -> PgAttempt<Found> {
    const auto answer = connection.run(get_letter, PgParams{}.text(storable(id)), deadline);
    if (!answer.ok()) return *answer.fault;
    return answer.rows.empty() ? Found{} : Found{letter_of(answer.rows, 0)};
  });
}

void PgDeadLetters::remove(std::string id, Done<bool> done) {
  worker_.call<bool>(std::move(done),
                     [id = std::move(id), again = false](auto& connection,
                                                         auto deadline) mutable -> PgAttempt<bool> {
                       const auto answer =
                           connection.run(remove_letter, PgParams{}.text(storable(id)), deadline);
                       const bool repeated = std::exchange(again, true);
                       if (!answer.ok()) return *answer.fault;
                       return !answer.rows.empty() || repeated; // then the try before removed it
                     });
}

} // namespace troupe::store
