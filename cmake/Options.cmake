# Options and the flags of our own code. Presets (CMakePresets.json) choose among them.
option(THALWEG_TEST_HOOKS "Compile in kill points, fault injection and other hooks for tests" ON)
option(THALWEG_WERROR "Treat warnings as errors" ON)
option(THALWEG_FUZZ "Build real fuzzers (clang); otherwise fuzz targets replay their corpus" OFF)
option(THALWEG_TEST_PER_CASE "One ctest entry per test case; OFF: one per test binary" ON)
set(THALWEG_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")  # assertions stay on; -O2 compiles a third longer
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET default)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
list(APPEND CMAKE_INSTALL_RPATH "$ORIGIN/../lib")

find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()
add_link_options(-Wl,--as-needed)

if(THALWEG_SANITIZE)
  if(NOT THALWEG_SANITIZE MATCHES "thread")  # these compile in half the time without optimisation
    set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O0 -g1")
  endif()
  add_compile_options(-fsanitize=${THALWEG_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${THALWEG_SANITIZE})
  # Their defaults and suppressions live in the program: no environment to remember.
  add_library(thalweg_sanitizer_defaults OBJECT ${CMAKE_CURRENT_SOURCE_DIR}/cmake/sanitizer_defaults.cc)
endif()
if(THALWEG_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
    message(FATAL_ERROR "THALWEG_FUZZ needs clang: use the preset 'fuzz'")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# ccache makes paths relative to the build folder: map that form too.
file(RELATIVE_PATH up ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})

add_library(thalweg_flags INTERFACE)
target_compile_options(thalweg_flags INTERFACE
  -Wall -Wextra -Wno-missing-field-initializers -Wshadow -Wconversion -Wnon-virtual-dtor
  $<$<BOOL:${THALWEG_WERROR}>:-Werror>
  # No path of the machine in messages or debug information.
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=
  -ffile-prefix-map=${CMAKE_BINARY_DIR}=.
  -ffile-prefix-map=${up}=)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # Known false positives of g++ 12, in std::string (GCC bug 105329), in sanitized code, and in system headers
  # that come out of a precompiled header, where it forgets that they are system headers.
  target_compile_options(thalweg_flags INTERFACE
    -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds)
endif()
target_compile_definitions(thalweg_flags INTERFACE
  $<$<BOOL:${THALWEG_TEST_HOOKS}>:THALWEG_TEST_HOOKS=1>)
target_include_directories(thalweg_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)

function(thalweg_compile_options target)
  target_link_libraries(${target} PRIVATE thalweg_flags)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL EXECUTABLE AND THALWEG_SANITIZE)
    target_link_libraries(${target} PRIVATE thalweg_sanitizer_defaults)
  endif()
endfunction()
