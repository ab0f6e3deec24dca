#include "ops/cli/demo/story.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <sstream>

#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/run_tree.hpp"

namespace troupe::demo {

using view::Tint;

void Story::print(const std::string& text) {
  block_.clear();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void Story::line(const std::string& text) { print(text + "\n"); }

void Story::title(const std::string& text) {
  line("\n" + view::paint(text, Tint::bold, style_.colour) + "\n");
}

void Story::ready(const std::string& what, const std::string& where, const std::string& remark) {
  line("  " + view::paint(style_.unicode ? "✔" : "+", Tint::green, style_.colour) + " " +
       view::pad(what, 13) + view::pad(where, 32) + view::paint(remark, Tint::dim, style_.colour));
}

void Story::begin() {
  begun_ = std::chrono::steady_clock::now();
  line("");
}

Millis Story::elapsed() const {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - begun_);
}

void Story::happened(const std::string& text, Tint tint) {
  auto tenths = elapsed().count() / 100;
  std::string at = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "s";
  line(view::paint(std::string(at.size() < 7 ? 7 - at.size() : 0, ' ') + at, Tint::dim,
                   style_.colour) +
       "  " + view::paint(text, tint, style_.colour));
}

void Story::draw(const boost::json::value& run) {
  if (!style_.live) return;
  block_.draw("\n" + view::render_run(run, {style_, SystemClock{}.now(), ++frame_}));
}

void Story::draw_ended(const boost::json::value& run) {
  view::Style whole = style_;
  whole.height = 0;
  line("\n" + view::render_run(run, {whole, SystemClock{}.now()}));
}

void Story::document(const std::string& title, const std::string& text) {
  std::string rule = style_.unicode ? "────" : "----";
  line(view::paint(rule + " " + title + " " + rule, Tint::dim, style_.colour));
  line(text.ends_with('\n') ? text.substr(0, text.size() - 1) : text);
  line(view::paint(rule + rule, Tint::dim, style_.colour) + "\n");
}

void Story::fact(const std::string& name, const std::string& value) {
  line("  " + view::pad(name, 14) + value);
}

void Story::long_fact(const std::string& name, const std::string& words) {
  constexpr unsigned columns = 82; // beside the name, on a page of a hundred
  std::string left = name, row;
  std::istringstream rest{words};
  for (std::string word; rest >> word;) {
    if (!row.empty() && view::display_width(row + " " + word) > columns) {
      fact(left, row);
      left = row = "";
    }
    row += (row.empty() ? "" : " ") + word;
  }
  fact(left, row);
}

} // namespace troupe::demo
