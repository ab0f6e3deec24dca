// Artifacts for people. Pure.
#pragma once
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>

#include "ops/cli/view/terminal.hpp"

namespace troupe::view {

/// The answer of GET /v1/runs/{id}/artifacts.
std::string render_artifacts(const boost::json::value& answer, const Style& style);

std::string size_words(std::uint64_t bytes); // "12 B", "4.0 KiB", "3.2 MiB"

} // namespace troupe::view
