# Imported targets for Arrow C++ and DuckDB in the folder that tools/bootstrap fills:
# Arrow::{arrow,compute,acero,parquet,dataset,flight,s3,substrait} and DuckDB::duckdb.
if(DEFINED ENV{THALWEG_DEPS})
  set(_default "$ENV{THALWEG_DEPS}")
else()
  set(_default "${CMAKE_SOURCE_DIR}/.deps")
endif()
set(THALWEG_DEPS "${_default}" CACHE PATH "Where tools/bootstrap put Arrow and DuckDB")
if(NOT EXISTS "${THALWEG_DEPS}/include/arrow/util/config.h")
  message(FATAL_ERROR "Arrow and DuckDB are missing: run tools/bootstrap")
endif()

file(STRINGS "${THALWEG_DEPS}/include/arrow/util/config.h" _line REGEX "define ARROW_SO_VERSION ")
string(REGEX REPLACE ".*\"([0-9]+)\".*" "\\1" _soversion "${_line}")

# The libraries have only their SONAME'd files: each is named in full. They find one another by their
# own RUNPATH $ORIGIN, so that a program alone needs an rpath.
function(_engine_dep target file)
  if(NOT EXISTS "${THALWEG_DEPS}/lib/${file}")
    message(FATAL_ERROR "${file} is missing: run tools/bootstrap")
  endif()
  add_library(${target} SHARED IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES
    IMPORTED_LOCATION "${THALWEG_DEPS}/lib/${file}"
    IMPORTED_SONAME "${file}"
    INTERFACE_INCLUDE_DIRECTORIES "${THALWEG_DEPS}/include"  # of an imported target: SYSTEM
    INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()
_engine_dep(Arrow::arrow     libarrow.so.${_soversion}           Threads::Threads)
_engine_dep(Arrow::compute   libarrow_compute.so.${_soversion}   Arrow::arrow)
_engine_dep(Arrow::acero     libarrow_acero.so.${_soversion}     Arrow::compute Arrow::arrow)
_engine_dep(Arrow::parquet   libparquet.so.${_soversion}         Arrow::arrow)
_engine_dep(Arrow::dataset   libarrow_dataset.so.${_soversion}   Arrow::parquet Arrow::acero Arrow::compute Arrow::arrow)
_engine_dep(Arrow::flight    libarrow_flight.so.${_soversion}    Arrow::arrow)
_engine_dep(Arrow::s3        libarrow_s3.so.${_soversion}        Arrow::arrow)
_engine_dep(Arrow::substrait libarrow_substrait.so.${_soversion} Arrow::dataset Arrow::arrow)
_engine_dep(DuckDB::duckdb   libduckdb.so                        Threads::Threads)

# engine_deps_install(<destination> <target>...): the libraries that the program loads at run time.
function(engine_deps_install destination)
  install(IMPORTED_RUNTIME_ARTIFACTS ${ARGN} LIBRARY DESTINATION ${destination})
endfunction()
