# Libraries of the system, each used by the rooms that name it in their CMakeLists.txt.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)                                        # fmt::fmt
find_package(spdlog REQUIRED)                                     # spdlog::spdlog
find_package(nlohmann_json 3.11 REQUIRED)                         # nlohmann_json::nlohmann_json
find_package(simdjson 3.0 REQUIRED)                               # simdjson::simdjson
find_package(CLI11 REQUIRED)                                      # CLI11::CLI11
find_package(ZLIB REQUIRED)                                       # ZLIB::ZLIB
find_package(GTest REQUIRED)                                      # GTest::gmock, GTest::gmock_main
find_package(benchmark REQUIRED)                                  # benchmark::benchmark
pkg_check_modules(libfyaml REQUIRED IMPORTED_TARGET libfyaml>=0.7.12)  # PkgConfig::libfyaml
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3>=3.40)      # PkgConfig::sqlite3
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash>=0.8)      # PkgConfig::xxhash
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)               # PkgConfig::zstd
