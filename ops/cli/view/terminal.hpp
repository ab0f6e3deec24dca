// What the reader of our output can show: a person's terminal, or a pipe.
#pragma once
#include <string>
#include <string_view>

namespace troupe::view {

struct Style {
  bool colour = false;
  bool unicode = true;
  bool live = false;   // may be redrawn in place
  unsigned width = 0;  // columns; 0: unlimited
  unsigned height = 0; // lines; 0: unlimited
};

/// Of standard output. Colours need a terminal, no NO_COLOR and a TERM other than "dumb".
Style detect_style();

enum class Tint { none, dim, bold, red, green, yellow, blue, cyan };
std::string paint(std::string_view text, Tint tint, bool colour);

/// Columns that UTF-8 text takes; colour sequences take none.
unsigned display_width(std::string_view text);

/// Cut to `width` columns with an ellipsis; colour sequences survive and are closed. 0: uncut.
std::string clip(const std::string& text, unsigned width, bool unicode);

/// Control characters of foreign text become spaces: what a tool printed must not move the cursor.
std::string printable(std::string_view text);

/// Broken at spaces into lines of at most `width` columns (0: one line), each ended.
std::string wrap(std::string_view text, unsigned width);

/// Padded on the right to `width` columns.
std::string pad(const std::string& text, unsigned width);

/// Redraws a block of lines in place.
class LiveBlock {
 public:
  /// Erases what was drawn before and writes `text` (whole lines) to standard output.
  void draw(const std::string& text);
  /// Erases it.
  void clear();

 private:
  unsigned lines_ = 0;
};

} // namespace troupe::view
