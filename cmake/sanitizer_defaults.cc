// What the sanitizers read at start, linked into every program of a sanitizer build. The
// environment (ASAN_OPTIONS, TSAN_OPTIONS ...) still overrides it.
extern "C" {

const char* __asan_default_options();
const char* __asan_default_options() {
  return "detect_stack_use_after_return=1:strict_string_checks=1";
}

const char* __ubsan_default_options();
const char* __ubsan_default_options() {
  return "print_stacktrace=1";
}

const char* __tsan_default_options();
const char* __tsan_default_options() {
  return "halt_on_error=1:second_deadlock_stack=1";
}

// Arrow and DuckDB are prebuilt without instrumentation: their own synchronisation is invisible.
const char* __tsan_default_suppressions();
const char* __tsan_default_suppressions() {
  return "called_from_lib:libduckdb.so\n"
         "called_from_lib:libarrow.so\n"
         "called_from_lib:libarrow_compute.so\n"
         "called_from_lib:libparquet\n"
         "race:libduckdb.so\n"
         "race:libarrow\n"
         "race:libparquet\n"
         "mutex:libduckdb.so\n"
         "mutex:_dl_call_fini\n";  // of Arrow, when the program ends
}

const char* __lsan_default_suppressions();
const char* __lsan_default_suppressions() {
  return "leak:libduckdb.so\n"
         "leak:libarrow\n";
}
}
