#include "runtime/artifact/token.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "runtime/artifact_limits.hpp"
#include "runtime/sha256.hpp"

namespace troupe::artifact {
namespace {

constexpr std::string_view prefix = "ta1.";

Error denied(std::string why) { return make_error(ErrorClass::denied, std::move(why)); }

/// Takes as long for every pair of texts of one length.
bool same(std::string_view a, std::string_view b) {
  unsigned differs = a.size() != b.size();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    differs |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return differs == 0;
}

/// Up to the next dot, which is taken too.
std::string_view take(std::string_view& rest) {
  const auto part = rest.substr(0, rest.find('.'));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

template <class Number>
std::optional<Number> number(std::string_view digits) {
  Number value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

} // namespace

std::string sign(const Token& token, std::string_view key) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(token.expires.time_since_epoch());
  std::string text{prefix};
  text += to_string(token.run) + '.' + std::to_string(token.attempt) + '.' +
          std::to_string(seconds.count());
  return text + '.' + hmac_sha256_hex(key, text);
}

Result<Token> check(std::string_view text, std::string_view key, Instant now) {
  const auto cut = text.rfind('.');
  if (!text.starts_with(prefix) || cut == text.npos)
    return denied("this is not a token of an attempt");
  if (!same(hmac_sha256_hex(key, text.substr(0, cut)), text.substr(cut + 1)))
    return denied("this token was not given by this cluster");
  auto rest = text.substr(prefix.size(), cut - prefix.size());
  const auto run = parse_id<RunId>(take(rest));
  const auto attempt = number<AttemptNumber>(take(rest));
  const auto seconds = number<std::int64_t>(take(rest));
  if (!run || !attempt || !seconds || !rest.empty())
    return denied("this token has another form than this version knows");
  const Token token{*run, *attempt, Instant{std::chrono::seconds{*seconds}}};
  if (now >= token.expires) return denied("the time of this token is over");
  return token;
}

Instant expiry(Instant now, Millis timeout) {
  return now + std::max<Millis>(timeout, limits::artifact_token_time);
}

} // namespace troupe::artifact
