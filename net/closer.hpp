// Owns a handle of a C library: std::unique_ptr<CURL, Closer<&curl_easy_cleanup>>.
#pragma once

namespace troupe {

template <auto Close>
struct Closer {
  void operator()(auto* handle) const noexcept { Close(handle); }
};

} // namespace troupe
