// What the demo tells while it runs: one line for each thing that happens, and the live tree.
#pragma once
#include <boost/json/fwd.hpp>
#include <chrono>
#include <string>

#include "ops/cli/view/terminal.hpp"
#include "runtime/clock.hpp"

namespace troupe::demo {

class Story {
 public:
  explicit Story(view::Style style) : style_{style} {}

  void title(const std::string& text);
  /// "  ✔ nginx         http://127.0.0.1:41234   the patient"
  void ready(const std::string& what, const std::string& where, const std::string& remark);
  /// From now on lines carry the seconds since.
  void begin();
  /// "   2.1s  alert ServiceDown fires"
  void happened(const std::string& text, view::Tint tint = view::Tint::none);
  /// The run as it stands: redrawn in place on a terminal, nothing in a pipe.
  void draw(const boost::json::value& run);
  /// The run as it ended, whole.
  void draw_ended(const boost::json::value& run);
  /// A document between two lines.
  void document(const std::string& title, const std::string& text);
  /// "  report        build/demo/report.md"
  void fact(const std::string& name, const std::string& value);
  /// A fact of many words, on as many lines as it needs.
  void long_fact(const std::string& name, const std::string& words);
  void line(const std::string& text);

  bool live() const { return style_.live; }
  Millis elapsed() const;

 private:
  void print(const std::string& text);

  view::Style style_;
  view::LiveBlock block_;
  unsigned frame_ = 0;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

} // namespace troupe::demo
