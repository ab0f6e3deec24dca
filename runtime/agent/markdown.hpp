// Text that nobody vouches for, made harmless inside Markdown (CommonMark and GitHub's): it can
// add no heading, list, link, image, HTML, mention or control sequence, and cannot leave its block.
#pragma once
#include <string>
#include <string_view>

namespace troupe::agent::markdown {

/// Running text on one line, its marks escaped.
std::string line(std::string_view text);

/// `text` on one line, in a span of code.
std::string code(std::string_view text);

/// A fenced block of its own, at most `bytes_max` of text, with a blank line behind it. `language`
/// is ours.
std::string block(std::string_view text, std::string_view language, std::size_t bytes_max);

/// Without control characters (but line feeds, if `keep_lines`), without characters that turn the
/// direction of writing, and valid UTF-8. What was taken out shows as U+FFFD.
std::string printable(std::string_view text, bool keep_lines);

} // namespace troupe::agent::markdown
