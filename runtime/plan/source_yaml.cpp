// YAML through yaml-cpp's event interface: its nodes swallow duplicate keys and expand aliases
// without a bound, its events show both.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "runtime/limits.hpp"
#include "runtime/plan/source_builder.hpp"
#include "runtime/plan/source_text.hpp"
#include "runtime/plan/yaml_scalar.hpp"

namespace troupe::plan {
namespace {

constexpr std::string_view core_string_tag = "tag:yaml.org,2002:str";

/// Thrown through yaml-cpp to stop it, once the fault that stops it is recorded.
struct Stop {};

/// Lines of the text, and columns in characters where yaml-cpp counts bytes.
class Lines {
 public:
  explicit Lines(std::string_view text) {
    for (std::size_t start = 0; start <= text.size();) {
      const auto end = std::min(text.find('\n', start), text.size());
      lines_.push_back(text.substr(start, end - start));
      start = end + 1;
    }
  }

  std::string_view line(std::size_t index) const {
    return index < lines_.size() ? lines_[index] : std::string_view{};
  }

  Place place_of(const YAML::Mark& mark) {
    if (mark.line < 0) return {1, 1, "", 0};
    const auto line = static_cast<std::size_t>(mark.line);
    const auto byte = std::min(static_cast<std::size_t>(mark.column), this->line(line).size());
    // Marks only move forward, so a long line is counted once, not once for every value on it.
    if (line != seen_line_ || byte < seen_byte_) seen_line_ = line, seen_byte_ = seen_column_ = 0;
    seen_column_ += count_characters(this->line(line).substr(seen_byte_, byte - seen_byte_));
    seen_byte_ = byte;
    return {static_cast<std::uint32_t>(line + 1), static_cast<std::uint32_t>(seen_column_ + 1), "",
            0};
  }

 private:
  std::vector<std::string_view> lines_;
  std::size_t seen_line_ = 0, seen_byte_ = 0, seen_column_ = 0;
};

/// What a subtree costs when it is copied, and how deep it goes.
struct Extent {
  std::size_t weight = 0;
  std::size_t depth = 0;
};

Extent extent_of(const SourceNode& node) {
  constexpr std::size_t weight_of_node = 16;
  Extent extent{weight_of_node + node.scalar.size(), 0};
  const auto include = [&](const SourceNode& child) {
    const auto inner = extent_of(child);
    extent.weight += inner.weight;
    extent.depth = std::max(extent.depth, inner.depth);
  };
  for (const auto& item : node.items) include(item);
  for (const auto& [key, value] : node.members) {
    extent.weight += key.size();
    include(value);
  }
  if (node.type == SourceNode::Type::list || node.type == SourceNode::Type::map) ++extent.depth;
  return extent;
}

class YamlEvents final : public YAML::EventHandler {
 public:
  YamlEvents(Lines& lines, std::vector<Fault>& faults)
      : lines_{lines}, faults_{faults}, builder_{faults} {}

  SourceNode take_root() { return builder_.take_root(); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 0) return;
    stop({lines_.place_of(mark),
          "a second document begins here; a file holds one, so indent this or remove it"});
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (in_refused_key_ > 0) return;
    auto place = lines_.place_of(mark);
    if (builder_.expects_key()) return add_key("", place, "a key must be text, not null");
    // yaml-cpp marks an empty value with what comes after it, often lines below.
    if (builder_.in_map() && place.line != builder_.key_place().line) place = builder_.key_place();
    add({SourceNode::Type::null, std::move(place), "", {}, {}, {}}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (in_refused_key_ > 0) return;
    auto place = lines_.place_of(mark);
    if (builder_.expects_key()) return add_key("", place, "a key must be text, not an alias");
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) stop({place, "this alias stands inside what it names"});
    auto copy = charged_copy(found->second, place);
    copy.place = std::move(place);
    builder_.add(std::move(copy));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (in_refused_key_ > 0) return;
    auto place = lines_.place_of(mark);
    check_tag(tag, place);
    const bool plain = tag == "?";
    if (builder_.expects_key()) {
      add_key(
          value, place,
          plain && value == "<<" ? "merge keys (<<) are not supported; write the keys out" : "");
      return;
    }
    if (!plain) return add({SourceNode::Type::string, std::move(place), value, {}, {}, {}}, anchor);
    auto scalar = resolve_plain(value);
    if (!scalar.fault.empty()) faults_.push_back({place, std::move(scalar.fault)});
    add({scalar.type, std::move(place), std::move(scalar.scalar), {}, {}, {}}, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(SourceNode::Type::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(SourceNode::Type::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  [[noreturn]] void stop(Fault fault) {
    faults_.push_back(std::move(fault));
    throw Stop{};
  }

  void add_key(const std::string& text, const Place& place, const char* fault) {
    if (*fault != '\0') faults_.push_back({place, fault});
    builder_.key(text, place);
  }

  void check_tag(const std::string& tag, const Place& place) {
    if (tag.empty() || tag == "?" || tag == "!" || tag == core_string_tag) return;
    faults_.push_back({place, "the tag `" + tag +
                                  "` is not supported; write the value plainly, or quote it to "
                                  "make it text"});
  }

  void add(SourceNode node, YAML::anchor_t anchor) {
    remember(builder_.add(std::move(node)), anchor);
  }

  void open(SourceNode::Type type, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    auto place = lines_.place_of(mark);
    if (in_refused_key_ > 0 || builder_.expects_key()) return refuse_key(type, place);
    check_tag(tag, place);
    if (!builder_.open(type, std::move(place))) throw Stop{};
    open_anchors_.push_back(anchor);
  }

  /// Skips a list or map that stands where a key should: YAML allows it, JSON has no such thing.
  void refuse_key(SourceNode::Type type, const Place& place) {
    if (in_refused_key_++ > 0) return;
    faults_.push_back({place, "a key must be text, not " + std::string{describe(type)}});
  }

  void close() {
    if (in_refused_key_ > 0) {
      if (--in_refused_key_ == 0) builder_.key("", {});
      return;
    }
    const auto anchor = open_anchors_.back();
    open_anchors_.pop_back();
    remember(builder_.close(), anchor);
  }

  void remember(const SourceNode& node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchored_[anchor] = charged_copy(node, node.place);
  }

  /// Aliases inside aliases grow without a bound ("billion laughs"), so every copy is paid for.
  SourceNode charged_copy(const SourceNode& node, const Place& place) {
    const auto extent = extent_of(node);
    copied_ += extent.weight;
    if (copied_ > limits::plan_bytes_max)
      stop({place, "the aliases of this document expand beyond " +
                       std::to_string(limits::plan_bytes_max) + " bytes; write the values out"});
    if (builder_.depth() + extent.depth > limits::json_depth_max) stop(depth_fault(place));
    return node;
  }

  Lines& lines_;
  std::vector<Fault>& faults_;
  SourceBuilder builder_;
  std::vector<YAML::anchor_t> open_anchors_; // of the open lists and maps; mostly NullAnchor
  std::map<YAML::anchor_t, SourceNode> anchored_;
  std::size_t copied_ = 0;
  std::size_t documents_ = 0;
  std::size_t in_refused_key_ = 0; // how deep
};

/// A remedy for the mistakes that yaml-cpp's own words do not explain.
std::string remedy(const std::string& message, std::string_view line) {
  const auto indent = line.substr(0, line.find_first_not_of(" \t"));
  if (indent.find('\t') != std::string_view::npos)
    return "; a tab indents this line: indent with spaces";
  if (message.starts_with("invalid unicode"))
    return "; write a character beyond U+FFFF as itself or as \\UXXXXXXXX, not as two \\uXXXX";
  if (line.find("${{") != std::string_view::npos)
    return "; quote a value with ${{ }} in it: \"${{ ... }}\"";
  if (message == "illegal map value") return "; quote a value with \": \" in it";
  return "";
}

} // namespace

void read_yaml(std::string_view text, SourceResult& out) {
  std::string unix_text{text};
  std::erase(unix_text, '\r'); // text_fault() has let only CRLF pass
  Lines lines{unix_text};
  YamlEvents events{lines, out.faults};
  try {
    std::istringstream in{unix_text};
    YAML::Parser parser{in};
    while (parser.HandleNextDocument(events)) {
    }
    out.source.root = events.take_root();
    if (out.source.root.place.line == 0) out.source.root.place = {1, 1, "", 0}; // an empty document
  } catch (const Stop&) {
    out.faults.erase(out.faults.begin(), out.faults.end() - 1); // what was read so far is lost
  } catch (const YAML::Exception& error) {
    const auto line = lines.line(static_cast<std::size_t>(std::max(error.mark.line, 0)));
    out.faults.clear(); // a syntax error comes alone
    out.faults.push_back(
        {lines.place_of(error.mark), "not valid YAML: " + error.msg + remedy(error.msg, line)});
  }
}

} // namespace troupe::plan
