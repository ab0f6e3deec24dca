#include "runtime/store/pg_permits.hpp"

#include <charconv>
#include <utility>

#include "runtime/permit_limits.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using namespace ports;

namespace {

constexpr PgStatement exchange_permits{
    "exchange_permits",
    "SELECT taken, array_to_string(granted, ','), array_to_string(in_use, ','),"
    "       array_to_string(all_waiting, ','), array_to_string(contended::integer[], ','),"
    "       array_to_string(tokens_left, ',')"
    " FROM exchange_permits($1::uuid, $2::bigint, $3::text[], $4::bigint[], $5::bigint[],"
    "   $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::bigint[],"
    "   $12::bigint[], $13::bigint[], $14::bigint, $15::bigint)"};

constexpr PgStatement list_limits{
    "list_limits",
    "SELECT k.key, k.most, k.rate, k.period,"
    "       coalesce(floor(tokens_at(k, clock_timestamp())), 0)::bigint,"
    "       coalesce(n.name, u.holder::text), u.held, u.waiting"
    " FROM limit_keys k LEFT JOIN limit_uses u ON u.key = k.key"
    " LEFT JOIN nodes n ON n.incarnation = u.holder"
    " WHERE u.holder IS NOT NULL OR tokens_at(k, clock_timestamp()) < k.rate"
    " ORDER BY k.key COLLATE \"C\", 6"};

/// Bounded: an ask whose answer comes later has been said anew.
constexpr PgCallOptions once{.timeout = 2 * limits::permit_claim_lasts, .again = false};

std::vector<std::uint32_t> numbers(std::string_view text) {
  std::vector<std::uint32_t> out;
  for (const char* at = text.data(); at < text.data() + text.size(); ++at)
    at = std::from_chars(at, text.data() + text.size(), out.emplace_back()).ptr;
  return out;
}

PgParams params_of(const PermitAsk& ask) {
  auto names = PgArray::of_texts(), claim_keys = PgArray::of_texts();
  auto mosts = PgArray::of_integers(), rates = mosts, periods = mosts, helds = mosts,
       waitings = mosts, refunds = mosts, counts = mosts, priorities = mosts, waits = mosts;
  const auto add = [](PgArray& array, std::uint64_t value) { array.add(value); };
  for (const auto& use : ask.keys) {
    names.add(std::string_view{storable(use.key)});
    add(mosts, use.limit.concurrency.value_or(0));
    add(rates, use.limit.rate ? use.limit.rate->count : 0);
    add(periods, use.limit.rate ? static_cast<std::uint64_t>(use.limit.rate->per.count()) : 0);
    add(helds, use.held);
    add(waitings, use.waiting);
    add(refunds, use.unused);
  }
  for (const auto& claim : ask.claims) {
    std::string places;
    for (const auto place : claim.keys)
      places += (places.empty() ? "" : ",") + std::to_string(place + 1);
    claim_keys.add(std::string_view{places});
    add(counts, claim.count);
    add(priorities, static_cast<std::uint64_t>(claim.priority));
    add(waits, static_cast<std::uint64_t>(claim.waited.count()));
  }
  PgParams params;
  params.id(ask.holder).integer(ask.turn);
  for (const auto* array : {&names, &mosts, &rates, &periods, &helds, &waitings, &refunds,
                            &claim_keys, &counts, &priorities, &waits})
    params.array(*array);
  params.integer(static_cast<std::uint64_t>(limits::permit_grace.count()));
  params.integer(static_cast<std::uint64_t>(limits::permit_claim_lasts.count()));
  return params;
}

PermitAnswer answer_in(const PgRows& rows) {
  PermitAnswer answer;
  answer.taken = rows.boolean(0, 0);
  if (!answer.taken) return answer;
  answer.granted = numbers(rows.text(0, 1));
  const auto in_use = numbers(rows.text(0, 2)), waiting = numbers(rows.text(0, 3)),
             contended = numbers(rows.text(0, 4)), tokens = numbers(rows.text(0, 5));
  for (std::size_t i = 0; i < in_use.size(); ++i)
    answer.keys.push_back({in_use[i], waiting[i], contended[i] != 0, tokens[i]});
  return answer;
}

Limit limit_in(const PgRows& rows, std::size_t row) {
  Limit limit;
  if (!rows.is_null(row, 1)) limit.concurrency = static_cast<std::uint32_t>(rows.integer(row, 1));
  if (!rows.is_null(row, 2))
    limit.rate =
        Rate{static_cast<std::uint32_t>(rows.integer(row, 2)), Millis{rows.integer(row, 3)}};
  return limit;
}

} // namespace

void PgPermits::exchange(PermitAsk ask, Done<PermitAnswer> done) {
  worker_.call<PermitAnswer>(
      std::move(done),
      [params = params_of(ask)](auto& connection, auto deadline) -> PgAttempt<PermitAnswer> {
        const auto answer = connection.run(exchange_permits, params, deadline);
        if (!answer.ok()) return *answer.fault;
        return answer_in(answer.rows);
      },
      once);
}

void PgPermits::list(Done<std::vector<LimitRow>> done) {
  worker_.call<std::vector<LimitRow>>(
      std::move(done), [](auto& connection, auto deadline) -> PgAttempt<std::vector<LimitRow>> {
        const auto answer = connection.run(list_limits, {}, deadline);
        if (!answer.ok()) return *answer.fault;
        const auto& rows = answer.rows;
        std::vector<LimitRow> out;
        for (std::size_t i = 0; i < rows.size(); ++i) {
          const auto number = [&](int column) {
            return static_cast<std::uint32_t>(rows.integer(i, column));
          };
          const std::string key{rows.text(i, 0)};
          if (out.empty() || out.back().key != key)
            out.push_back({key, limit_in(rows, i), number(4), {}});
          if (!rows.is_null(i, 5))
            out.back().nodes.push_back({std::string{rows.text(i, 5)}, number(6), number(7)});
        }
        return out;
      });
}

} // namespace troupe::store
