# How everything is compiled.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR "g++ ${CMAKE_CXX_COMPILER_VERSION} is too old for Troupe: version 12 or newer is "
                      "needed. On Debian 12 `./ops/install build` installs it.")
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}) # build/release/troupe; tests: see troupe_test()

set(TROUPE_SANITIZE "" CACHE STRING "Sanitizers for every target: 'address,undefined', 'thread', or with clang 'fuzzer-no-link,address,undefined'")

# ccache and mold are used when they are there; neither is required. Paths are made relative to the
# tree, so that two clones share what they compiled.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime CCACHE_NOHASHDIR=1
      ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
add_compile_options(-fpch-preprocess) # ccache reads what a precompiled header was made of
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")  # lines in backtraces; full debug information doubles the build
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

if(TROUPE_SANITIZE)
  # A finding ends the test; by default UBSan only prints and the test would stay green.
  add_compile_options(-fsanitize=${TROUPE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1)
  add_link_options(-fsanitize=${TROUPE_SANITIZE})
  if(TROUPE_SANITIZE MATCHES "fuzzer")
    add_compile_options(-include ${PROJECT_SOURCE_DIR}/tests/fuzz/clang.hpp)
  endif()
endif()
