#include "toolkits/toolkit.hpp"

namespace troupe::toolkits {

std::string_view to_string(Risk risk) {
  switch (risk) {
    case Risk::read: return "read";
    case Risk::write: return "write";
    case Risk::destructive: return "destructive";
  }
  return "destructive";
}

std::string_view to_string(Effect effect) {
  switch (effect) {
    case Effect::pure: return "pure";
    case Effect::idempotent: return "idempotent";
    case Effect::keyed: return "keyed";
    case Effect::once: return "once";
  }
  return "once";
}

} // namespace troupe::toolkits
