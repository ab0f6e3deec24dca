#include "runtime/artifact/reference.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/json_value.hpp"

namespace troupe::artifact {
namespace {

constexpr std::string_view scheme = "sha256:";
constexpr std::size_t digits = 64;
constexpr std::size_t reference_bytes_max = 512; // a longer value is no reference

bool is_hash(std::string_view text) {
  return text.size() == digits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

} // namespace

JsonText to_json(const Reference& reference) {
  return JsonText{boost::json::serialize(boost::json::object{{"artifact", name_of(reference.hash)},
                                                             {"bytes", reference.bytes},
                                                             {"type", reference.type}})};
}

std::optional<Reference> parse_reference(const JsonText& value) {
  if (value.text.size() > reference_bytes_max || value.text.find(scheme) == std::string::npos)
    return std::nullopt;
  const auto read = read_json(value.text);
  const auto* object = read ? read->if_object() : nullptr;
  if (object == nullptr || object->size() != 3) return std::nullopt;
  const auto* name = object->if_contains("artifact");
  const auto* bytes = object->if_contains("bytes");
  const auto* type = object->if_contains("type");
  if (!name || !name->is_string() || !bytes || !type || !type->is_string()) return std::nullopt;
  const auto hash = parse_name({name->get_string().data(), name->get_string().size()});
  if (!hash || !bytes->is_int64() || bytes->get_int64() < 0) return std::nullopt;
  return Reference{*hash, static_cast<std::uint64_t>(bytes->get_int64()),
                   std::string{type->get_string()}};
}

std::optional<std::string> parse_name(std::string_view name) {
  if (!name.starts_with(scheme) || !is_hash(name.substr(scheme.size()))) return std::nullopt;
  return std::string{name.substr(scheme.size())};
}

std::string name_of(std::string_view hash) { return std::string{scheme} + std::string{hash}; }

std::vector<std::string> hashes_in(std::string_view text) {
  std::vector<std::string> found;
  for (auto at = text.find(scheme); at != text.npos; at = text.find(scheme, at + 1))
    if (auto hash = parse_name(text.substr(at, scheme.size() + digits)))
      found.push_back(std::move(*hash));
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

} // namespace troupe::artifact
