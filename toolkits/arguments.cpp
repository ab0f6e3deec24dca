#include "toolkits/arguments.hpp"

#include <boost/json.hpp>

#include "runtime/json_value.hpp"

namespace troupe::toolkits {

namespace json = boost::json;

struct Arguments::Impl {
  json::object object;

  const json::value* find(std::string_view key) const {
    return object.if_contains(json::string_view{key.data(), key.size()});
  }
};

Arguments::Arguments(const JsonText& object) : impl_{std::make_unique<Impl>()} {
  auto value = read_json(object.text);
  if (value && value->is_object()) impl_->object = std::move(value->get_object());
}
Arguments::~Arguments() = default;

bool Arguments::has(std::string_view key) const { return impl_->find(key) != nullptr; }

std::string Arguments::text(std::string_view key, std::string_view otherwise) const {
  const auto* value = impl_->find(key);
  return value && value->is_string() ? std::string{value->get_string()} : std::string{otherwise};
}

std::int64_t Arguments::integer(std::string_view key, std::int64_t otherwise) const {
  const auto* value = impl_->find(key);
  return value && value->is_int64() ? value->get_int64() : otherwise;
}

bool Arguments::flag(std::string_view key, bool otherwise) const {
  const auto* value = impl_->find(key);
  return value && value->is_bool() ? value->get_bool() : otherwise;
}

Millis Arguments::duration(std::string_view key, Millis otherwise) const {
  return parse_duration(text(key)).value_or(otherwise);
}

std::vector<std::string> Arguments::texts(std::string_view key) const {
  std::vector<std::string> items;
  const auto* value = impl_->find(key);
  if (!value || !value->is_array()) return items;
  for (const auto& item : value->get_array())
    if (item.is_string()) items.emplace_back(item.get_string());
  return items;
}

} // namespace troupe::toolkits
