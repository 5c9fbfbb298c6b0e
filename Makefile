# Each target is one line of intent. `make demo` and `make test` are all a newcomer needs.
PREFIX  ?= /usr/local
DESTDIR ?=
LIBDIR  ?= lib
FUZZ_SECONDS ?= 300
# Cases of the generated proof that uploads tell the truth: `make test` runs few, `make test-truth` 1,000, `make truth` 100,000.
TRUTH_CASES ?= 300
CARGO    = cargo
VENV     = target/venv
# A test that finds what it does not expect fails by panicking.
TESTS_MAY = -A clippy::unwrap_used -A clippy::expect_used -A clippy::panic -A clippy::indexing_slicing \
            -A clippy::print_stdout -A clippy::print_stderr -A clippy::disallowed_methods

# What each target needs; scripts/need installs or names what is missing. `make test` asks for all of it before it begins.
NEEDS_rust         = cargo cc
NEEDS_test-rust    = $(NEEDS_rust)
NEEDS_test-c       = $(NEEDS_rust) c++ valgrind binutils pkg-config libcurl openssl nlohmann
NEEDS_test-install = $(NEEDS_rust) c++ cmake pkg-config binutils libcurl openssl
NEEDS_test-python  = $(NEEDS_rust) python3
NEEDS_test-truth   = $(NEEDS_rust)
NEEDS_test-release = $(NEEDS_test-install) valgrind
NEEDS_test-layout  = $(NEEDS_rust) cargo-c binutils pkg-config
NEEDS_test-threads = $(NEEDS_rust) binutils rust-src
NEEDS_test-fuzz    = $(NEEDS_rust) clang rust-src
NEEDS_test-wheel   = $(NEEDS_rust) python3
NEEDS_check-rust   = $(NEEDS_rust) rustfmt clippy
NEEDS_check-c      = cc doxygen abidiff binutils python3
NEEDS_check-python = $(NEEDS_rust) python3
NEEDS_install      = $(NEEDS_rust) binutils
NEEDS_dist         = $(NEEDS_rust) binutils python3
NEEDS_windows      = $(NEEDS_rust) rust-src mingw zip
NEEDS_test-windows = $(NEEDS_rust) mingw wine64 cmake python3 openssl-program
NEEDS_check-deps   = $(NEEDS_rust) cargo-deny
NEEDS_fuzz         = $(NEEDS_test-fuzz)
NEEDS_wheel        = $(NEEDS_test-wheel)
NEEDS_venv         = $(NEEDS_test-python)
NEED  = @scripts/need $(or $(NEEDS_$@),$(NEEDS_rust))
# Runs these targets, as far as their needs can be met, and tells at the end how each went.
STEPS = @MAKE="$(MAKE)" scripts/steps $(foreach step,$(1),--step $(step) $(NEEDS_$(step)))

TEST   = test-rust test-c test-install test-python
MATRIX = test-truth test-release test-layout test-threads test-wheel dist windows test-windows
CHECK  = check-scripts check-rust check-c check-python

.PHONY: help demo test test-all test-matrix $(TEST) $(MATRIX) check $(CHECK) check-deps format truth fuzz bench header install wheel venv clean

help: ## What can be made here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/' | expand -t 21

demo: ## The vendor's four steps against the sandbox, over real HTTP
	$(NEED)
	@$(CARGO) run --quiet --locked --features cli -- demo

test: ## What a change must pass on this machine: Rust, C, C++, Python; about ten minutes on 2 cores
	$(call STEPS,$(TEST))

test-all: ## make test, and then everything that takes long or is about other machines
	$(call STEPS,$(TEST) $(MATRIX))

test-matrix: ## What test-all has beyond test
	$(call STEPS,$(MATRIX))

test-rust: ## The core, the sandbox and the program
	$(NEED)
	PROPTEST_CASES=$(TRUTH_CASES) $(CARGO) test --locked --all-features --no-fail-fast

test-c: ## The C and C++ faces: programs compiled, run, and run again under valgrind
	$(NEED)
	scripts/test-c

test-install: ## What is installed works after its folder was moved, by pkg-config and by CMake
	$(NEED)
	scripts/test-install

test-python: venv ## The Python module, from a wheel that is built quickly
	$(VENV)/bin/python -m pytest -q -n 2 bindings/python/tests

test-truth: ## The promise of an upload, 1,000 generated cases
	$(NEED)
	PROPTEST_CASES=1000 $(CARGO) test --locked --features sandbox --test upload_truth

test-release: ## The released library: size, memory, installed, and the C programs with it under valgrind
	$(NEED)
	$(CARGO) test --locked -p campaigns8x8-c --test size --test memory
	scripts/test-install --release

test-layout: ## make install gives what `cargo cinstall` gives
	$(NEED)
	scripts/test-layout

test-threads: ## Many threads at once, under ThreadSanitizer
	$(NEED)
	scripts/test-threads

test-fuzz: ## The fuzzer for half a minute, from the corpus
	$(NEED)
	scripts/fuzz 30

test-wheel: wheel venv ## The released wheel and source distribution: on the oldest and the newest CPython there is, by pip alone
	$(VENV)/bin/auditwheel show target/wheels/*.whl
	$(VENV)/bin/abi3audit --strict --summary target/wheels/*.whl
	scripts/test-sdist
	scripts/test-pythons

check: ## What must hold beside the tests: format, lints, docs, types, the headers
	$(call STEPS,$(CHECK))

check-scripts:
	scripts/test-need

check-rust:
	$(NEED)
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-features -- -D warnings
	$(CARGO) clippy --locked --workspace --all-features --tests -- -D warnings $(TESTS_MAY)
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --all-features --no-deps
	$(CARGO) test --locked -p campaigns8x8-c --test header

check-c:
	$(NEED)
	scripts/format-c --check
	scripts/check-abi
	@mkdir -p target
	doxygen bindings/c/Doxyfile

check-python: venv
	$(VENV)/bin/ruff check bindings/python
	$(VENV)/bin/ruff format --check bindings/python
	$(VENV)/bin/mypy --strict bindings/python/tests/typing_sample.py
	# It finds the package by the path's first python, and would take the sources of this folder for it.
	cd $(VENV) && PATH="$$PWD/bin:$$PATH" bin/pyright --verifytypes campaigns8x8 --ignoreexternal
	$(VENV)/bin/python -m mypy.stubtest campaigns8x8 --allowlist bindings/python/stubtest-allowlist.txt

check-deps: ## Licences and sources of what is depended on (deny.toml); compiles cargo-deny where it is missing
	$(NEED)
	$(CARGO) deny --all-features check licenses bans sources

format: venv ## Brings Rust, C, C++ and Python into the form that make check asks for
	$(CARGO) fmt --all
	scripts/format-c
	$(VENV)/bin/ruff format bindings/python

truth: ## The promise of an upload, 100,000 generated cases of inputs and faults (about an hour)
	$(NEED)
	PROPTEST_CASES=100000 $(CARGO) test --locked --profile truth --features sandbox --test upload_truth

fuzz: ## The exported functions under libFuzzer and AddressSanitizer, 5 minutes (FUZZ_SECONDS)
	$(NEED)
	scripts/fuzz $(FUZZ_SECONDS)

bench: venv ## What a call and an upload cost, beside requests and httpx
	$(CARGO) bench --features sandbox --bench upload
	$(VENV)/bin/python benches/call.py

header: ## Writes include/campaigns8x8.h anew from the Rust source
	$(NEED)
	CAMPAIGNS8X8_UPDATE_HEADER=1 $(CARGO) test -p campaigns8x8-c --test header

install: ## Headers, libraries, pkg-config and CMake files, and the program, below PREFIX (and DESTDIR)
	$(NEED)
	scripts/install "$(PREFIX)" "$(DESTDIR)" "$(LIBDIR)"

dist: ## What is released for Linux, for glibc 2.17 and later, with its size
	$(NEED)
	scripts/dist

windows: ## The DLL, libraries and program for 64-bit Windows, laid out and zipped in target/windows
	$(NEED)
	scripts/windows

test-windows: ## What `make windows` has built, run under Wine
	$(NEED)
	scripts/test-windows

wheel: ## The Python wheel for Linux (CPython 3.9 and later) and the source distribution, in target/wheels
	$(NEED)
	scripts/wheel "$(CURDIR)/target/wheels"

venv: ## The virtual environment of the Python tests, with the module installed
	$(NEED)
	scripts/venv $(VENV)

clean:
	$(CARGO) clean
