#include "net/http/router.hpp"

#include <algorithm>
#include <cassert>
#include <optional>

#include "runtime/percent.hpp"

namespace troupe::http {
namespace {

/// "/v1/jobs" -> {"v1", "jobs"}; "/" -> {""}: a trailing slash is a segment of its own.
std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    segments.push_back(path.substr(0, path.find('/')));
    path.remove_prefix(segments.back().size());
  }
  return segments;
}

bool is_value(std::string_view segment) { return segment.starts_with('{'); }

/// "{step...}", last in a pattern: all that is left of the path.
bool is_rest(std::string_view segment) { return segment.ends_with("...}"); }

/// How the segments fit: nothing, or one digit a segment, spelled out before braces before the
/// rest.
std::optional<std::string> rank(const std::vector<std::string>& pattern,
                                const std::vector<std::string>& path) {
  const bool rest = is_rest(pattern.back());
  if (rest ? path.size() < pattern.size() : path.size() != pattern.size()) return std::nullopt;
  std::string rank;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (is_value(pattern[i]) ? path[i].empty() : pattern[i] != path[i]) return std::nullopt;
    rank += is_rest(pattern[i]) ? '2' : is_value(pattern[i]) ? '1' : '0';
  }
  return rank;
}

std::pair<std::string, std::string> value_at(const std::vector<std::string>& pattern, std::size_t i,
                                             const std::vector<std::string>& path) {
  const std::string_view name = pattern[i];
  if (!is_rest(name)) return {std::string{name.substr(1, name.size() - 2)}, path[i]};
  std::string rest = path[i];
  for (++i; i < path.size(); ++i) rest += '/' + path[i];
  return {std::string{name.substr(1, name.size() - 5)}, std::move(rest)};
}

} // namespace

Router& Router::on(std::string method, std::string pattern, Handler handler) {
  assert(pattern.starts_with('/'));
  std::vector<std::string> segments;
  for (const auto segment : split(pattern)) segments.emplace_back(segment);
  routes_.push_back(
      {std::move(method), std::move(pattern), std::move(segments), std::move(handler)});
  return *this;
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  std::vector<std::string> segments;
  for (const auto segment : split(path)) {
    auto decoded = percent_decode(segment);
    if (!decoded) return match.status = 400, match;
    segments.push_back(std::move(*decoded));
  }

  std::string best;
  std::vector<const Route*> here; // the routes of the best pattern, one for each method
  for (const auto& route : routes_) {
    const auto fit = rank(route.segments, segments);
    if (!fit || (!here.empty() && *fit > best)) continue;
    if (!here.empty() && *fit < best) here.clear();
    best = *fit;
    here.push_back(&route);
  }
  if (here.empty()) return match;

  match.status = 405;
  match.pattern = here.front()->pattern;
  for (const auto* route : here) {
    match.allow += (match.allow.empty() ? "" : ", ") + route->method;
    if (route->method == "GET") match.allow += ", HEAD";
    const bool serves = route->method == method || (route->method == "GET" && method == "HEAD");
    if (!serves) continue;
    match.status = 200;
    match.handler = &route->handler;
    match.pattern = route->pattern;
    for (std::size_t i = 0; i < route->segments.size(); ++i)
      if (is_value(route->segments[i]))
        match.path_values.push_back(value_at(route->segments, i, segments));
  }
  return match;
}

Response Router::Match::refusal(std::string_view path) const {
  const std::string shown{path};
  if (status == 405) return problem(405, shown + " takes " + allow, {{"Allow", allow}});
  if (status == 404) return problem(404, "there is nothing at " + shown);
  return problem(status, "the path is not percent-encoded UTF-8");
}

} // namespace troupe::http
