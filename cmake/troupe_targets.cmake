# troupe_library(NAME SOURCES a.cpp b.cpp [PUBLIC libs] [PRIVATE libs])
#   A static library of one floor. Includes are written from the root of the tree: "runtime/ids.hpp".
#   One that links troupe_caf reuses the precompiled CAF.
function(troupe_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  troupe_caf_rules(${name} troupe_caf_precompiled)
endfunction()

# troupe_test(NAME LABEL unit|tidy|conformance|integration|e2e SOURCES a.cpp [LINK libs] [TIMEOUT s])
#   One test binary, build/<preset>/tests/NAME: Boost.Test brings main and is precompiled. Tests that
#   start servers use ports of their own. `tests_<label>` builds every test of a label.
function(troupe_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;LINK" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600) # against a hang; a busy machine takes five times as long as a quiet one
  endif()
  if(TROUPE_SANITIZE)
    math(EXPR ARG_TIMEOUT "${ARG_TIMEOUT} * 4")
  endif()
  troupe_reaches_caf("${ARG_LINK}" uses_caf)
  if(uses_caf AND TROUPE_SANITIZE MATCHES "thread")
    # The distribution's CAF is not instrumented: two correct actors give 80 warnings, and silencing
    # libcaf_core would silence real races with them. So tsan covers what does not link CAF.
    message(STATUS "tsan does not cover ${name}: it links CAF")
    return()
  endif()

  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  target_compile_definitions(${name} PRIVATE
    TROUPE_SOURCE_DIR="${PROJECT_SOURCE_DIR}" TROUPE_BINARY_DIR="${PROJECT_BINARY_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_LINK} troupe_test_main troupe_test_options)
  if(uses_caf)
    troupe_caf_rules(${name} troupe_caf_test_precompiled)
  else()
    target_precompile_headers(${name} REUSE_FROM troupe_test_precompiled)
  endif()
  add_dependencies(tests_${ARG_LABEL} ${name})
  if(TARGET troupe AND ARG_LABEL MATCHES "integration|e2e")
    add_dependencies(${name} troupe) # such tests start real nodes
  endif()

  add_test(NAME ${name} COMMAND ${name} --log_level=test_suite --report_level=short --color_output=no)
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT}
    ENVIRONMENT "UBSAN_OPTIONS=print_stacktrace=1;TSAN_OPTIONS=second_deadlock_stack=1")
endfunction()

# troupe_reaches_caf(LIBS OUT): whether one of the libraries, or what they link, is CAF.
function(troupe_reaches_caf libraries out)
  set(seen "")
  while(libraries)
    list(POP_FRONT libraries library)
    if(library STREQUAL "troupe_caf")
      set(${out} TRUE PARENT_SCOPE)
      return()
    endif()
    string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" library "${library}")
    if(TARGET ${library} AND NOT library IN_LIST seen)
      list(APPEND seen ${library})
      get_target_property(linked ${library} INTERFACE_LINK_LIBRARIES)
      if(linked)
        list(APPEND libraries ${linked})
      endif()
    endif()
  endwhile()
  set(${out} FALSE PARENT_SCOPE)
endfunction()

# troupe_caf_rules(TARGET PRECOMPILED): what applies where CAF's headers are compiled.
function(troupe_caf_rules target precompiled)
  get_target_property(libraries ${target} LINK_LIBRARIES)
  troupe_reaches_caf("${libraries}" uses_caf)
  if(NOT uses_caf)
    return()
  endif()
  if(precompiled)
    target_precompile_headers(${target} REUSE_FROM ${precompiled})
  endif()
  if(TROUPE_SANITIZE MATCHES "undefined")
    target_compile_options(${target} PRIVATE -fno-sanitize=null) # it fires inside CAF's own headers
  endif()
endfunction()

# ---- What these rely on ------------------------------------------------------------------------

# Parsed once instead of 1.4 s per file.
set(troupe_caf_headers <caf/all.hpp>)

# troupe_precompiled(NAME HEADERS... ): an empty library that carries a precompiled header.
function(troupe_precompiled name)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled/${name}.cpp CONTENT "")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/precompiled/${name}.cpp)
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()

troupe_precompiled(troupe_caf_precompiled ${troupe_caf_headers})
target_link_libraries(troupe_caf_precompiled PRIVATE troupe_caf)
troupe_caf_rules(troupe_caf_precompiled "")

add_library(troupe_test_options INTERFACE)
target_include_directories(troupe_test_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(troupe_test_options INTERFACE BOOST_TEST_DYN_LINK)
target_link_libraries(troupe_test_options INTERFACE Boost::unit_test_framework)

troupe_precompiled(troupe_test_precompiled <boost/test/unit_test.hpp>)
target_link_libraries(troupe_test_precompiled PRIVATE troupe_test_options)

troupe_precompiled(troupe_caf_test_precompiled <boost/test/unit_test.hpp> ${troupe_caf_headers})
target_link_libraries(troupe_caf_test_precompiled PRIVATE troupe_test_options troupe_caf)
troupe_caf_rules(troupe_caf_test_precompiled "")

add_library(troupe_test_main OBJECT EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/tests/main.cpp)
target_link_libraries(troupe_test_main PRIVATE troupe_test_options)

foreach(label unit tidy conformance integration e2e)
  add_custom_target(tests_${label})
endforeach()

# ---- Lint ----------------------------------------------------------------------------------------

# cmake --workflow --preset lint: .clang-tidy over every source.
find_program(RUN_CLANG_TIDY NAMES run-clang-tidy run-clang-tidy-14)
if(RUN_CLANG_TIDY)
  add_custom_target(lint
    COMMAND ${RUN_CLANG_TIDY} -quiet -p ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR}/runtime/
            ${PROJECT_SOURCE_DIR}/net/ ${PROJECT_SOURCE_DIR}/toolkits/ ${PROJECT_SOURCE_DIR}/actors/
            ${PROJECT_SOURCE_DIR}/ops/ ${PROJECT_SOURCE_DIR}/tests/
    USES_TERMINAL)
else()
  add_custom_target(lint
    COMMAND ${CMAKE_COMMAND} -E echo "clang-tidy is missing. Remedy: apt-get install clang-tidy"
    COMMAND ${CMAKE_COMMAND} -E false)
endif()
