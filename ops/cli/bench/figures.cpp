#include "ops/cli/bench/figures.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>

namespace troupe::bench {
namespace {

/// 20000; 3.20
std::string plain(const Figure& figure) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", figure.digits, figure.value);
  return text;
}

/// 20,000; 3.20
std::string readable(const Figure& figure) {
  auto text = plain(figure);
  const auto point = std::min(text.find('.'), text.size());
  for (auto at = point; at > 3 && text[at - 4] != '-'; at -= 3) text.insert(at - 3, ",");
  return text;
}

} // namespace

double per_thousand(double cost, std::size_t number) {
  return cost / static_cast<double>(std::max<std::size_t>(number, 1)) * 1'000;
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto rank =
      static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()) - 1e-9));
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(rank > 0 ? rank - 1 : 0);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void Report::add(std::string name, double value, std::string words, int digits) {
  figures_.push_back({std::move(name), value, std::move(words), digits});
}

void Report::add_latencies(const std::string& name, std::vector<double> milliseconds,
                           const std::string& words, int digits) {
  add(name + "_p50_ms", percentile(milliseconds, 0.5), words + ", half of them within, ms", digits);
  add(name + "_p99_ms", percentile(milliseconds, 0.99), words + ", 99 % of them within, ms",
      digits);
  add(name + "_p999_ms", percentile(std::move(milliseconds), 0.999),
      words + ", 99.9 % of them within, ms", digits);
}

std::string Report::json() const {
  std::string line =
      boost::json::serialize(boost::json::object{{"suite", suite_}, {"measured", measured_}});
  line.pop_back();
  for (const auto& figure : figures_)
    line += ",\"" + figure.name + "\":" + plain(figure); // Boost.JSON would write 7.18E1
  return line + '}';
}

std::string Report::text(const view::Style& style) const {
  std::string out = view::paint(suite_, view::Tint::bold, style.colour) + '\n' +
                    view::wrap(measured_, style.width);
  std::size_t width = 0;
  for (const auto& figure : figures_) width = std::max(width, readable(figure).size());
  for (const auto& figure : figures_) {
    const auto value = readable(figure);
    out += "  " + std::string(width - value.size(), ' ') +
           view::paint(value, view::Tint::cyan, style.colour) + "  " + figure.words + '\n';
  }
  return out;
}

} // namespace troupe::bench
