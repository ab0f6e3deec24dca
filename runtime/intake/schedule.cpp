#include "runtime/intake/schedule.hpp"

#include <date/tz.h>

#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>

#include "runtime/ascii.hpp"

namespace troupe::intake {

using namespace std::chrono_literals;

struct CronFields {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;    // of the month, from 1
  std::bitset<13> months;  // from 1
  std::bitset<7> weekdays; // Sunday is 0
  bool any_day = false, any_weekday = false, any_hour = false;
  const date::time_zone* zone = nullptr;

  bool fits(date::year_month_day day) const {
    if (!months[static_cast<unsigned>(day.month())]) return false;
    const bool by_day = days[static_cast<unsigned>(day.day())];
    const bool by_weekday = weekdays[date::weekday{date::sys_days{day}}.c_encoding()];
    if (any_day || any_weekday) return by_day && by_weekday;
    return by_day || by_weekday;
  }
};

namespace {

struct FieldRule {
  const char* name;
  unsigned least, most;
  std::vector<std::string_view> names; // of least, least + 1, ...
};

const FieldRule rules[] = {
    {"minute", 0, 59, {}},
    {"hour", 0, 23, {}},
    {"day of the month", 1, 31, {}},
    {"month",
     1,
     12,
     {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
    {"day of the week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
};

constexpr std::pair<std::string_view, std::string_view> shorthands[] = {
    {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},  {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
};

Error wrong(std::string_view expression, const std::string& why) {
  return make_error(ErrorClass::invalid_input, "`" + std::string{expression} + "`: " + why);
}

std::vector<std::string_view> split(std::string_view text, char separator, bool runs) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(separator, begin), text.size());
    if (end > begin || !runs) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<unsigned> value_of(std::string_view text, const FieldRule& rule) {
  const auto name = lower(text);
  const auto named = std::ranges::find(rule.names, std::string_view{name});
  if (named != rule.names.end())
    return rule.least + static_cast<unsigned>(named - rule.names.begin());
  const auto value = number(text);
  return value && *value >= rule.least && *value <= rule.most ? value : std::nullopt;
}

/// One item of a field's list: *, 5, 1-5, */15, 8-18/2. False: it is none of them.
bool add_item(std::string_view item, const FieldRule& rule, std::bitset<60>& values) {
  unsigned step = 1;
  const auto slash = item.find('/');
  if (slash != item.npos) {
    const auto given = number(item.substr(slash + 1));
    if (!given || *given == 0) return false;
    step = *given;
    item = item.substr(0, slash);
  }
  auto first = rule.least, last = rule.most;
  if (item != "*") {
    const auto dash = item.find('-');
    const auto from = value_of(item.substr(0, dash), rule);
    const auto to = dash == item.npos ? from : value_of(item.substr(dash + 1), rule);
    if (!from || !to || *from > *to) return false;
    if (dash == item.npos && slash != item.npos) return false; // 5/15 means different things to all
    first = *from;
    last = *to;
  }
  for (auto value = first; value <= last; value += step) values.set(value);
  return true;
}

template <std::size_t n>
void copy_to(std::bitset<n>& to, const std::bitset<60>& values) {
  for (std::size_t i = 0; i < n && i < values.size(); ++i) to[i] = values[i];
}

} // namespace

Result<Cron> Cron::parse(std::string_view expression, const std::string& zone) {
  auto text = expression;
  for (const auto& [name, meaning] : shorthands)
    if (text == name) text = meaning;
  const auto parts = split(text, ' ', true);
  if (parts.size() != std::size(rules))
    return wrong(expression,
                 "expected five fields (minute, hour, day of the month, month, day of the week) or "
                 "@hourly, @daily, @weekly, @monthly, @yearly; got " +
                     std::to_string(parts.size()));
  std::array<std::bitset<60>, std::size(rules)> values;
  for (std::size_t i = 0; i < parts.size(); ++i)
    for (const auto item : split(parts[i], ',', false))
      if (!add_item(item, rules[i], values[i]))
        return wrong(expression, "the " + std::string{rules[i].name} + " `" + std::string{item} +
                                     "` must be *, a number from " +
                                     std::to_string(rules[i].least) + " to " +
                                     std::to_string(rules[i].most) +
                                     ", a range 1-5, or one of those two with a step (*/2, 1-5/2)");
  auto fields = std::make_shared<CronFields>();
  copy_to(fields->minutes, values[0]);
  copy_to(fields->hours, values[1]);
  copy_to(fields->days, values[2]);
  copy_to(fields->months, values[3]);
  copy_to(fields->weekdays, values[4]);
  if (values[4][7]) fields->weekdays.set(0);
  fields->any_hour = parts[1] == "*";
  fields->any_day = parts[2].starts_with('*');
  fields->any_weekday = parts[4].starts_with('*');
  try {
    fields->zone = date::locate_zone(zone);
  } catch (const std::exception&) {
    return make_error(
        ErrorClass::invalid_input,
        "there is no time zone `" + zone +
            "`; expected a name such as Europe/Berlin or UTC (the system's tzdata has "
            "them all)");
  }
  bool comes = false; // within eight years: 29 February does
  for (date::sys_days day{date::year{2096} / 1 / 1}, end = day + date::days{8 * 366 + 1};
       day < end && !comes; day += date::days{1})
    comes = fields->fits(date::year_month_day{day});
  if (!comes) return wrong(expression, "there is no such day");
  Cron cron;
  cron.fields_ = std::move(fields);
  return cron;
}

namespace {

/// What becomes of one local time.
void add_time(std::vector<Instant>& times, const CronFields& fields, date::local_seconds local) {
  const auto info = fields.zone->get_info(local);
  if (info.result == date::local_info::nonexistent) {
    const Instant end_of_gap{info.first.end.time_since_epoch()};
    const bool again = !times.empty() && times.back() == end_of_gap;
    if (!fields.any_hour && !again) times.push_back(end_of_gap);
    return;
  }
  times.push_back(Instant{local.time_since_epoch() - info.first.offset});
  if (info.result == date::local_info::ambiguous && fields.any_hour)
    times.push_back(Instant{local.time_since_epoch() - info.second.offset});
}

std::vector<Instant> times_of(const CronFields& fields, date::local_days day) {
  std::vector<Instant> times;
  for (std::size_t hour = 0; hour < fields.hours.size(); ++hour) {
    if (!fields.hours[hour]) continue;
    const auto begin = date::local_seconds{day} + std::chrono::hours{hour};
    const auto first = fields.zone->get_info(begin), last = fields.zone->get_info(begin + 59min);
    const bool plain = first.result == date::local_info::unique &&
                       last.result == date::local_info::unique &&
                       first.first.offset == last.first.offset;
    for (std::size_t minute = 0; minute < fields.minutes.size(); ++minute) {
      if (!fields.minutes[minute]) continue;
      const auto local = begin + std::chrono::minutes{minute};
      if (plain)
        times.push_back(Instant{local.time_since_epoch() - first.first.offset});
      else
        add_time(times, fields, local);
    }
  }
  std::ranges::sort(times);
  // The end of a gap may be a time of its own.
  times.erase(std::unique(times.begin(), times.end()), times.end());
  return times;
}

/// The day before too: clocks that are set back at midnight return to it.
date::local_days first_day(const date::time_zone& zone, Instant t) {
  return date::floor<date::days>(zone.to_local(std::chrono::floor<std::chrono::seconds>(t))) -
         date::days{1};
}

} // namespace

Instant Cron::next_after(Instant t) const {
  for (auto day = first_day(*fields_->zone, t);; day += date::days{1}) {
    if (!fields_->fits(date::year_month_day{day})) continue;
    const auto times = times_of(*fields_, day);
    const auto next = std::ranges::upper_bound(times, t);
    if (next != times.end()) return *next;
  }
}

std::vector<Instant> Cron::between(Instant after, Instant until) const {
  std::vector<Instant> out;
  const auto end = first_day(*fields_->zone, until) + date::days{2};
  for (auto day = first_day(*fields_->zone, after); day <= end; day += date::days{1}) {
    if (!fields_->fits(date::year_month_day{day})) continue;
    for (const auto at : times_of(*fields_, day))
      if (at > after && at <= until) out.push_back(at);
  }
  return out;
}

std::string Cron::local(Instant t) const {
  return date::format("%F %H:%M %Z",
                      date::make_zoned(fields_->zone, std::chrono::floor<std::chrono::minutes>(t)));
}

Due due_times(const Cron& cron, Instant seen, Instant now, const CatchUp& catch_up) {
  Due due;
  due.next = cron.next_after(std::max(seen, now));
  const std::size_t most = catch_up.missed == Missed::all ? catch_up.most : 1;
  // A schedule may have been silent for years: look back no further than needed.
  for (const Millis window : {Millis{1h}, Millis{48h}, Millis{24h * 62}, Millis{24h * 366 * 9}}) {
    const auto from = std::max(seen, now - window);
    due.times = cron.between(from, now);
    if (from == seen || due.times.size() >= most) break;
  }
  if (due.times.size() > most)
    due.times.erase(due.times.begin(), due.times.end() - static_cast<std::ptrdiff_t>(most));
  if (catch_up.missed == Missed::skip)
    std::erase_if(due.times, [&](Instant at) { return now - at > catch_up.grace; });
  return due;
}

} // namespace troupe::intake
