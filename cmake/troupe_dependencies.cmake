# One imported target per third-party library. Everything comes from the distribution (ops/install);
# ARCHITECTURE.md says why each was chosen.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json unit_test_framework)
find_package(spdlog REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CLI11 REQUIRED)
find_package(date REQUIRED)
find_package(prometheus-cpp REQUIRED)

pkg_check_modules(libnats REQUIRED IMPORTED_TARGET libnats) # its CMake package names a file Debian does not ship
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(yaml_cpp REQUIRED IMPORTED_TARGET yaml-cpp)

# CAF 0.17.6 ships neither a CMake package nor a pkg-config file.
find_path(CAF_INCLUDE_DIR caf/all.hpp REQUIRED)
find_library(CAF_CORE_LIBRARY caf_core REQUIRED)
add_library(troupe_caf INTERFACE)
target_include_directories(troupe_caf SYSTEM INTERFACE ${CAF_INCLUDE_DIR})
target_link_libraries(troupe_caf INTERFACE ${CAF_CORE_LIBRARY} Threads::Threads)

# Header-only.
find_path(VALIJSON_INCLUDE_DIR valijson/validator.hpp REQUIRED)
