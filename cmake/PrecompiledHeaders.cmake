# Two precompiled headers a preset, each made once and used by every target of its kind: libraries are compiled with
# -fPIC, programs with -fPIE, and g++ refuses a header made with the other.
# thalweg_precompiled(<target>): call it after the target's libraries are known.
add_library(thalweg_pch OBJECT ${CMAKE_CURRENT_LIST_DIR}/pch/empty.cc)
target_precompile_headers(thalweg_pch PRIVATE ${CMAKE_CURRENT_LIST_DIR}/pch/precompiled.h)
target_link_libraries(thalweg_pch PRIVATE fmt::fmt spdlog::spdlog Threads::Threads Arrow::arrow
                      nlohmann_json::nlohmann_json)

add_executable(thalweg_test_pch ${CMAKE_CURRENT_LIST_DIR}/pch/empty_main.cc)
target_precompile_headers(thalweg_test_pch PRIVATE ${CMAKE_CURRENT_LIST_DIR}/pch/test.h)
target_link_libraries(thalweg_test_pch PRIVATE fmt::fmt spdlog::spdlog Threads::Threads Arrow::arrow
                      nlohmann_json::nlohmann_json GTest::gmock)

foreach(target thalweg_pch thalweg_test_pch)
  thalweg_compile_options(${target})
endforeach()

function(thalweg_precompiled target)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL EXECUTABLE)
    target_precompile_headers(${target} REUSE_FROM thalweg_test_pch)
  else()
    target_precompile_headers(${target} REUSE_FROM thalweg_pch)
  endif()
endfunction()
