# One imported target per third-party library. Everything comes from the distribution (ops/install);
# ARCHITECTURE.md says why each was chosen. What is missing is reported together, with the remedy.

set(troupe_missing "")

# troupe_need(NAME FOUND): notes NAME as missing unless FOUND is true.
macro(troupe_need name found)
  if(NOT ${found})
    list(APPEND troupe_missing "${name}")
  endif()
endmacro()

find_package(Threads REQUIRED)
find_package(Boost 1.81 QUIET COMPONENTS json unit_test_framework)
troupe_need("Boost 1.81 with json and test" Boost_FOUND)
foreach(package spdlog CURL OpenSSL CLI11 date prometheus-cpp)
  find_package(${package} QUIET)
  troupe_need(${package} ${package}_FOUND)
endforeach()

# libnats has a CMake package, but it names a file that Debian does not ship.
find_package(PkgConfig QUIET)
troupe_need(pkg-config PKG_CONFIG_FOUND)
if(PKG_CONFIG_FOUND)
  foreach(module libnats libpq yaml-cpp jemalloc)
    string(REPLACE "-" "_" prefix ${module})
    pkg_check_modules(${prefix} QUIET IMPORTED_TARGET ${module})
    troupe_need(${module} ${prefix}_FOUND)
  endforeach()
endif()

# CAF 0.17.6 ships neither a CMake package nor a pkg-config file. Its headers count as the system's.
find_path(CAF_INCLUDE_DIR caf/all.hpp)
find_library(CAF_CORE_LIBRARY caf_core)
troupe_need("CAF (headers)" CAF_INCLUDE_DIR)
troupe_need("CAF (libcaf_core)" CAF_CORE_LIBRARY)

find_path(VALIJSON_INCLUDE_DIR valijson/validator.hpp) # header-only
troupe_need(valijson VALIJSON_INCLUDE_DIR)

if(troupe_missing)
  list(JOIN troupe_missing "\n  " troupe_missing)
  message(FATAL_ERROR "Libraries are missing:\n  ${troupe_missing}\n"
                      "On Debian 12 `./ops/install build` installs them; "
                      "`./ops/install --list build` prints the packages.")
endif()

add_library(troupe_caf INTERFACE)
target_include_directories(troupe_caf SYSTEM INTERFACE ${CAF_INCLUDE_DIR})
target_link_libraries(troupe_caf INTERFACE ${CAF_CORE_LIBRARY} Threads::Threads)
