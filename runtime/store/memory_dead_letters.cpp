// The part of MemoryDatabase that keeps dead letters.
#include <algorithm>

#include "runtime/intake_limits.hpp"
#include "runtime/store/memory_database.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using namespace ports;

void MemoryDatabase::put_dead_letter(const DeadLetter& letter) {
  const std::lock_guard lock{mutex_};
  const auto found = std::ranges::find(dead_letters_, letter.id, &DeadLetter::id);
  if (found != dead_letters_.end()) {
    found->reason = storable(letter.reason);
    return;
  }
  auto& kept = dead_letters_.emplace_back(letter);
  kept.reason = storable(letter.reason);
  kept.place = ++dead_letter_place_;
  if (dead_letters_.size() > limits::dead_letters_max) dead_letters_.pop_front();
}

std::vector<DeadLetter> MemoryDatabase::list_dead_letters(std::size_t limit, std::uint64_t before) {
  const std::lock_guard lock{mutex_};
  std::vector<DeadLetter> out;
  for (auto at = dead_letters_.rbegin(); at != dead_letters_.rend() && out.size() < limit; ++at)
    if (before == 0 || at->place < before) out.push_back(*at);
  return out;
}

std::optional<DeadLetter> MemoryDatabase::get_dead_letter(const std::string& id) {
  const std::lock_guard lock{mutex_};
  const auto found = std::ranges::find(dead_letters_, id, &DeadLetter::id);
  return found == dead_letters_.end() ? std::nullopt : std::optional{*found};
}

bool MemoryDatabase::remove_dead_letter(const std::string& id) {
  const std::lock_guard lock{mutex_};
  return std::erase_if(dead_letters_, [&](const auto& letter) { return letter.id == id; }) > 0;
}

} // namespace troupe::store
