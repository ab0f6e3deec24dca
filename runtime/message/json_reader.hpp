// A strict JSON reader (RFC 8259, UTF-8) that fills structs as it goes: no tree, and the text of an
// embedded document is handed on exactly as it was sent.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::message {

/// Every call returns false after the first fault; error() says what it was and where. A reader
/// stands before a value, or after the last one.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_{text} {}

  /// Calls `member(key)` for each member; it reads or skips the value and returns whether that went
  /// well.
  template <class Member>
  bool read_object(Member&& member) {
    if (!open('{', "an object")) return false;
    if (accept('}')) return true;
    do {
      Key key;
      if (!read_key(key)) return false;
      if (!member(key.name())) return within(key.quoted);
    } while (accept(','));
    return close('}');
  }

  /// Calls `item()` for each item.
  template <class Item>
  bool read_array(Item&& item) {
    if (!open('[', "an array")) return false;
    if (accept(']')) return true;
    std::size_t index = 0;
    do {
      if (!item()) return within(index);
      ++index;
    } while (accept(','));
    return close(']');
  }

  bool read_string(std::string& out, std::string_view expected = "a string");
  bool read_unsigned(std::uint64_t& out, std::uint64_t max);
  bool read_bool(bool& out);

  /// Checks one value of any kind, whatever it holds, nested at most limits::json_depth_max deep.
  bool skip_value() { return skip(1); }
  /// The same; `out` is its text.
  bool read_raw(std::string_view& out);
  /// Reads `null` if it is next.
  bool accept_null();

  /// Nothing but white space is left.
  bool at_end();

  std::size_t position() const { return at_; }
  /// To a position that a value begins at.
  void seek(std::size_t position) { at_ = position; }

  // Faults. `fail` is about the value, or the bytes, that the reader stands before; `within` puts a
  // step in front of the place on the way out.
  bool fail(std::string message);
  bool within(std::string_view quoted_key);
  bool within(std::size_t index);

  /// "/content/key/ordinal: expected an unsigned integer, got a string"
  std::string error() const;

 private:
  struct Key {
    std::string_view quoted; // between its quotes, as it stands in the text
    std::string unescaped;   // empty unless there are escapes
    std::string_view name() const {
      return unescaped.empty() ? quoted : std::string_view{unescaped};
    }
  };

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space();
  bool open(char bracket, std::string_view expected);
  bool accept(char c);
  bool close(char bracket);
  bool read_key(Key& key);
  bool read_quoted(std::string* out); // null: only checks
  bool read_escape(std::string* out);
  bool read_code_unit(unsigned& out);
  bool read_number(std::string_view& out);
  bool read_word(std::string_view word);
  bool skip(std::size_t depth);
  bool mistyped(std::string_view expected);
  bool not_json(std::string_view expected);

  std::string_view text_;
  std::size_t at_ = 0;
  std::string pointer_;
  std::string message_;
};

} // namespace troupe::message
