# make            the program, build/thalweg        make test   all tests, with sanitizers where it matters most
# make demo       the flights example               make check  format, headers, layering, words
# make test ROOM=spec: one room                     make format, bench, fuzz, check-slow, install, clean
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := all
JOBS ?= $(shell nproc)
export JOBS

# Rooms that parse what others wrote and that run it: tested once more under address and undefined behaviour
# sanitizers.
ASAN_ROOMS ?= base data formats spec sql duckdb operators engines flow runs bad_input
# Rooms with threads of their own: under the thread sanitizer, in check-slow.
TSAN_ROOMS ?= base operators flow
FUZZ_SECONDS ?= 60
PREFIX ?= /usr/local

empty :=
alternatives = ^($(subst $(empty) $(empty),|,$(strip $(1))))$$
room_targets = $(addprefix tests_,$(1))

.PHONY: all bootstrap build demo test test-dev test-asan check-slow bench fuzz check format install clean

all: build

bootstrap:
	@tools/bootstrap

build: bootstrap
	@tools/build dev thalweg

demo: build
	@tools/demo

ifdef ROOM
test: bootstrap
	@tools/build dev $(call room_targets,$(ROOM))
	@tools/run_tests build -L '$(call alternatives,$(ROOM))'
else
test: test-asan
	@tools/run_tests --summary build build-asan
endif

test-dev: bootstrap
	@tools/build dev
	@tools/run_tests build -LE '^slow$$'

test-asan: test-dev
	@tools/build asan $(call room_targets,$(ASAN_ROOMS))
	@tools/run_tests build-asan -L '$(call alternatives,$(ASAN_ROOMS))' -LE '^slow$$'

# Long crash, fault and matrix tests (label slow), and the thread sanitizer.
check-slow: bootstrap
	@tools/build dev
	@if ctest --test-dir build -N -L '^slow$$' | grep -q 'Total Tests: [1-9]'; then \
	  tools/run_tests build -L '^slow$$'; else echo "no tests have the label slow"; fi
	@tools/build tsan $(call room_targets,$(TSAN_ROOMS))
	@tools/run_tests build-tsan -L '$(call alternatives,$(TSAN_ROOMS))'

# benchmarks/run builds nothing: it measures build-release/.
bench: bootstrap
	@tools/build release && tools/build release stream_benches
	@if [ -x benchmarks/run ]; then benchmarks/run build-release; else echo "no benchmarks yet"; fi

fuzz:
	@tools/bootstrap --fuzz
	@tools/build fuzz
	@for f in build-fuzz/bin/fuzz_*; do \
	  [ -x "$$f" ] || continue; name=$${f##*/fuzz_}; \
	  mkdir -p "build-fuzz/corpora/$$name"; echo "$$name"; \
	  "$$f" -max_total_time=$(FUZZ_SECONDS) -timeout=10 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix="build-fuzz/corpora/" "build-fuzz/corpora/$$name" "tests/corpora/$$name"; \
	done

check: bootstrap
	@tools/build dev
	@tools/check_words
	@tools/check_layers
	@tools/check_format
	@tools/check_headers

format: bootstrap
	@tools/check_format --fix

install: bootstrap
	@tools/build release
	@cmake --install build-release --prefix "$(PREFIX)" --strip

clean:
	@rm -rf build build-release build-asan build-tsan build-fuzz
