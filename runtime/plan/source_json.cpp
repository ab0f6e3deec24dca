// JSON through Boost.JSON's push parser: its values carry no places and swallow duplicate keys, its
// events show both.
#include <boost/json/basic_parser_impl.hpp>
#include <cmath>

#include "runtime/hash.hpp"
#include "runtime/limits.hpp"
#include "runtime/plan/source_builder.hpp"
#include "runtime/plan/source_text.hpp"

namespace troupe::plan {
namespace {

namespace json = boost::json;

// A pointer is spelled out for every value, so long keys around many values could add up to far
// more than the text itself.
constexpr std::size_t pointer_bytes_max = 16 * limits::plan_bytes_max;

/// RFC 6901: "~" is written "~0", "/" is written "~1".
void append_token(std::string& pointer, std::string_view key) {
  pointer += '/';
  for (const char c : key) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
}

class JsonEvents {
 public:
  static constexpr std::size_t max_object_size = std::size_t(-1);
  static constexpr std::size_t max_array_size = std::size_t(-1);
  static constexpr std::size_t max_key_size = std::size_t(-1);
  static constexpr std::size_t max_string_size = std::size_t(-1);

  explicit JsonEvents(std::vector<Fault>& faults) : faults_{faults}, builder_{faults} {}

  SourceNode take_root() { return builder_.take_root(); }

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }

  bool on_object_begin(json::error_code& ec) { return open(SourceNode::Type::map, ec); }
  bool on_object_end(std::size_t, json::error_code&) { return close(); }
  bool on_array_begin(json::error_code& ec) { return open(SourceNode::Type::list, ec); }
  bool on_array_end(std::size_t, json::error_code&) { return close(); }

  bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return keep(part); }
  bool on_key(json::string_view part, std::size_t, json::error_code& ec) {
    auto key = take(part);
    pointer_.resize(levels_.back().pointer_size);
    append_token(pointer_, key);
    builder_.key(std::move(key), place());
    return in_bounds(ec);
  }

  bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return keep(part); }
  bool on_string(json::string_view part, std::size_t, json::error_code& ec) {
    return add(SourceNode::Type::string, take(part), ec);
  }

  bool on_number_part(json::string_view part, json::error_code&) { return keep(part); }
  bool on_int64(std::int64_t, json::string_view part, json::error_code& ec) {
    return add(SourceNode::Type::number, take(part), ec);
  }
  bool on_uint64(std::uint64_t, json::string_view part, json::error_code& ec) {
    return add(SourceNode::Type::number, take(part), ec);
  }
  bool on_double(double value, json::string_view part, json::error_code& ec) {
    auto spelling = take(part);
    const bool integer = spelling.find_first_of(".eE") == std::string::npos;
    if (!add(SourceNode::Type::number, spelling, ec)) return false;
    // Canonical JSON spells 1e20 as an integer; any other integer of that size would lose digits.
    if (!std::isfinite(value) || (integer && canonical(JsonText{spelling}) != spelling))
      faults_.push_back(
          {place(), "the number " + spelling + " does not fit in 64 bits; quote it if it is text"});
    return true;
  }

  bool on_bool(bool value, json::error_code& ec) {
    return add(SourceNode::Type::boolean, value ? "true" : "false", ec);
  }
  bool on_null(json::error_code& ec) { return add(SourceNode::Type::null, "", ec); }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }

 private:
  struct Level {
    bool is_list;
    std::size_t next_index;
    std::size_t pointer_size; // of the list or map itself
  };

  bool keep(json::string_view part) {
    spelling_.append(part.data(), part.size());
    return true;
  }
  std::string take(json::string_view last_part) {
    keep(last_part);
    return std::exchange(spelling_, {});
  }

  Place place() {
    pointer_bytes_ += pointer_.size();
    return {0, 0, pointer_, order_};
  }

  /// Moves the pointer on to the value that begins here.
  void begin_value() {
    ++order_;
    if (levels_.empty() || !levels_.back().is_list) return; // on_key moved it
    pointer_.resize(levels_.back().pointer_size);
    append_token(pointer_, std::to_string(levels_.back().next_index++));
  }

  bool add(SourceNode::Type type, std::string scalar, json::error_code& ec) {
    begin_value();
    builder_.add({type, place(), std::move(scalar), {}, {}, {}});
    return in_bounds(ec);
  }

  bool open(SourceNode::Type type, json::error_code& ec) {
    begin_value();
    if (!builder_.open(type, place())) return stop(ec);
    levels_.push_back({type == SourceNode::Type::list, 0, pointer_.size()});
    return in_bounds(ec);
  }

  bool close() {
    builder_.close();
    levels_.pop_back();
    return true;
  }

  bool in_bounds(json::error_code& ec) {
    if (pointer_bytes_ <= pointer_bytes_max) return true;
    faults_.push_back({{1, 1, "", 0}, "the document holds too many values under long keys"});
    return stop(ec);
  }

  static bool stop(json::error_code& ec) {
    ec = json::error::exception; // any code will do: the fault is recorded already
    return false;
  }

  std::vector<Fault>& faults_;
  SourceBuilder builder_;
  std::vector<Level> levels_;
  std::string pointer_;
  std::size_t pointer_bytes_ = 0;
  std::uint32_t order_ = 0;
  std::string spelling_;
};

std::string explain(const json::error_code& ec, std::string_view file, bool at_end) {
  std::string text = "not valid JSON: ";
  text += at_end ? "it ends too early" : ec.message();
  if (file.ends_with(".yaml") || file.ends_with(".yml"))
    text += "; a text that begins with { is read as JSON";
  return text;
}

} // namespace

void read_json(std::string_view text, SourceResult& out) {
  json::parse_options options;
  options.max_depth = limits::json_depth_max + 1; // the builder's own limit speaks first
  json::basic_parser<JsonEvents> parser{options, out.faults};
  json::error_code ec;
  auto used = parser.write_some(false, text.data(), text.size(), ec);
  if (!ec) {
    used = std::min(text.find_first_not_of(" \t\r\n", used), text.size());
    if (used == text.size()) {
      out.source.root = parser.handler().take_root();
      return;
    }
    ec = json::error::extra_data;
  }
  if (ec != json::error::exception) out.faults.clear(); // a syntax error comes alone
  if (ec != json::error::exception)
    out.faults.push_back(
        {place_at(text, used),
         explain(ec, out.source.file, ec == json::error::incomplete || text.empty())});
}

} // namespace troupe::plan
