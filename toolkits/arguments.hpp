// A JSON object that its schema has accepted, read by key.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/json_text.hpp"

namespace troupe::toolkits {

/// Each reader answers `otherwise` for a key that is absent or holds another type.
class Arguments {
 public:
  explicit Arguments(const JsonText& object);
  ~Arguments();

  bool has(std::string_view key) const;
  std::string text(std::string_view key, std::string_view otherwise = {}) const;
  std::int64_t integer(std::string_view key, std::int64_t otherwise) const;
  bool flag(std::string_view key, bool otherwise = false) const;
  Millis duration(std::string_view key, Millis otherwise) const;
  std::vector<std::string> texts(std::string_view key) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace troupe::toolkits
