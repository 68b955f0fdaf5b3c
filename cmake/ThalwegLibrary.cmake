# thalweg_library(<room> [DEPS <room>...] [LINK <target>...] [TEST_LINK <target>...])
#
# Called from src/<room>/CMakeLists.txt; takes all .cc files below that folder, by name:
#   *_test.cc         test binary thalweg_<room>_test (gmock_main); one ctest entry per case, label <room>
#   *_fuzz.cc         program fuzz_<name> for foo_fuzz.cc -> foo, with LLVMFuzzerTestOneInput; a ctest entry
#                     replays tests/corpora/<name>/
#   testing/**        library thalweg_<room>_testing: fakes and suites, for tests of this and later rooms
#   the rest          library thalweg_<room>
# DEPS are rooms, LINK are outside libraries; both are visible to the room's users. TEST_LINK is for the
# room's tests only. Target tests_<room> builds everything that the room's tests need.
# Tests start in the source root, with THALWEG_BINARY naming the program.
include(GoogleTest)

function(thalweg_library room)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPS;LINK;TEST_LINK")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "thalweg_library(${room}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(sources "")
  set(tests "")
  set(fuzzers "")
  set(testing "")
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} *.cc)
  foreach(file ${files})
    if(file MATCHES "_test\\.cc$")
      list(APPEND tests ${file})
    elseif(file MATCHES "_fuzz\\.cc$")
      list(APPEND fuzzers ${file})
    elseif(file MATCHES "(^|/)testing/")
      list(APPEND testing ${file})
    else()
      list(APPEND sources ${file})
    endif()
  endforeach()

  list(TRANSFORM arg_DEPS REPLACE "(.+)" "thalweg_\\1" OUTPUT_VARIABLE rooms)
  list(TRANSFORM arg_DEPS REPLACE "(.+)" "thalweg_\\1_testing" OUTPUT_VARIABLE rooms_testing)
  _thalweg_library(thalweg_${room} "${sources}" ${rooms} ${arg_LINK})
  _thalweg_library(thalweg_${room}_testing "${testing}" thalweg_${room} ${rooms_testing} GTest::gmock)

  add_custom_target(tests_${room})
  if(tests)
    _thalweg_test(${room} "${tests}" "${arg_TEST_LINK}")
  endif()
  foreach(file ${fuzzers})
    _thalweg_fuzzer(${room} ${file})
  endforeach()
endfunction()

# A room without a .cc file is an INTERFACE library, so that others can link it already.
function(_thalweg_library target sources)
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PUBLIC ${ARGN})
    target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    thalweg_compile_options(${target})
    thalweg_precompiled(${target})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${ARGN})
    target_include_directories(${target} INTERFACE ${CMAKE_SOURCE_DIR}/src)
  endif()
endfunction()

function(_thalweg_test room sources link)
  set(target thalweg_${room}_test)
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE thalweg_${room}_testing ${link} GTest::gmock_main)
  thalweg_compile_options(${target})
  thalweg_precompiled(${target})
  add_dependencies(tests_${room} ${target})
  if(THALWEG_TEST_PER_CASE)
    gtest_discover_tests(${target}
      TEST_PREFIX "${room}."
      DISCOVERY_MODE PRE_TEST
      DISCOVERY_TIMEOUT 60
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
      PROPERTIES LABELS ${room} TIMEOUT 120 ENVIRONMENT THALWEG_BINARY=${CMAKE_BINARY_DIR}/thalweg)
  else()
    add_test(NAME ${room} COMMAND ${target} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${room} PROPERTIES
      LABELS ${room} TIMEOUT 900 ENVIRONMENT THALWEG_BINARY=${CMAKE_BINARY_DIR}/thalweg)
  endif()
endfunction()

function(_thalweg_fuzzer room file)
  get_filename_component(name ${file} NAME_WE)
  string(REGEX REPLACE "_fuzz$" "" name ${name})
  set(target fuzz_${name})
  set(replay "")
  if(THALWEG_FUZZ)
    add_executable(${target} ${file})
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    set(replay -runs=0)
  else()
    add_executable(${target} ${file} ${CMAKE_SOURCE_DIR}/cmake/fuzz_replay_main.cc)
  endif()
  target_link_libraries(${target} PRIVATE thalweg_${room})
  thalweg_compile_options(${target})
  add_dependencies(tests_${room} ${target})
  add_test(NAME ${room}.${target} COMMAND ${target} ${replay} tests/corpora/${name}
           WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${room}.${target} PROPERTIES LABELS ${room} TIMEOUT 120)
endfunction()
