# Each target is one line of intent. `make demo` and `make test` are all a newcomer needs.
PREFIX  ?= /usr/local
DESTDIR ?=
LIBDIR  ?= lib
FUZZ_SECONDS ?= 300
NEED     = scripts/need
CARGO    = cargo
VENV     = target/venv
# A test that finds what it does not expect fails by panicking.
TESTS_MAY = -A clippy::unwrap_used -A clippy::expect_used -A clippy::panic -A clippy::indexing_slicing \
            -A clippy::print_stdout -A clippy::print_stderr

.PHONY: help demo test test-rust test-c test-threads test-install test-python check check-rust check-c check-python truth fuzz bench header install dist windows test-windows wheel venv clean

help: ## What can be made here
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/' | expand -t 21

demo: ## The vendor's four steps against the sandbox, over real HTTP
	@$(NEED) cargo cc
	@$(CARGO) run --quiet --features cli -- demo

test: test-rust test-c test-threads test-install test-python ## All tests of all languages

test-rust: ## The core, the sandbox and the program
	@$(NEED) cargo cc
	$(CARGO) test --all-features

test-c: ## The C and C++ faces: programs compiled, run, and run again under valgrind
	@$(NEED) cargo cc c++ valgrind binutils pkg-config libcurl openssl nlohmann
	$(CARGO) test -p campaigns8x8-c

test-threads: ## Many threads at once, under ThreadSanitizer
	@$(NEED) cargo cc binutils rust-src
	scripts/test-threads

test-install: ## What is installed works after its folder was moved, and the C programs under valgrind with it
	@$(NEED) cargo cc c++ cargo-c cmake valgrind pkg-config binutils libcurl openssl
	scripts/test-install

test-python: venv ## The Python module's wheel: here, side by side, and on the oldest and the newest CPython there is
	$(VENV)/bin/python -m pytest bindings/python/tests
	scripts/test-sdist
	scripts/test-pythons

check: check-rust check-c check-python ## What must hold beside the tests: format, lints, docs, types, the headers

check-rust:
	@$(NEED) cargo cc
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-features -- -D warnings
	$(CARGO) clippy --workspace --all-features --tests -- -D warnings $(TESTS_MAY)
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --all-features --no-deps
	$(CARGO) test -p campaigns8x8-c --test header

check-c:
	@$(NEED) cc doxygen abidiff binutils
	scripts/check-abi
	@mkdir -p target
	doxygen bindings/c/Doxyfile

check-python: venv
	$(VENV)/bin/ruff check bindings/python
	$(VENV)/bin/ruff format --check bindings/python
	$(VENV)/bin/mypy --strict bindings/python/tests/typing_sample.py
	# It finds the package by the path's first python, and would take the sources of this folder for it.
	cd $(VENV) && PATH="$$PWD/bin:$$PATH" bin/pyright --verifytypes campaigns8x8 --ignoreexternal
	$(VENV)/bin/auditwheel show target/wheels/*.whl
	$(VENV)/bin/abi3audit --strict --summary target/wheels/*.whl
	$(VENV)/bin/python -m mypy.stubtest campaigns8x8 --allowlist bindings/python/stubtest-allowlist.txt

truth: ## The promise of an upload, 100,000 generated cases of inputs and faults (about an hour)
	@$(NEED) cargo cc
	PROPTEST_CASES=100000 $(CARGO) test --profile truth --features sandbox --test upload_truth

fuzz: ## The exported functions under libFuzzer and AddressSanitizer, 5 minutes (FUZZ_SECONDS)
	@$(NEED) cargo cc clang rust-src
	scripts/fuzz $(FUZZ_SECONDS)

bench: venv ## What a call and an upload cost, beside requests and httpx
	$(CARGO) bench --features sandbox --bench upload
	$(VENV)/bin/python benches/call.py

header: ## Writes include/campaigns8x8.h anew from the Rust source
	@$(NEED) cargo cc
	CAMPAIGNS8X8_UPDATE_HEADER=1 $(CARGO) test -p campaigns8x8-c --test header

install: ## Headers, libraries, pkg-config and CMake files, and the program, below PREFIX (and DESTDIR)
	@$(NEED) cargo cc cargo-c binutils
	scripts/install "$(PREFIX)" "$(DESTDIR)" "$(LIBDIR)"

dist: ## What is released for Linux, for glibc 2.17 and later, with its size
	@$(NEED) cargo cc cargo-c binutils venv
	scripts/dist

windows: ## The DLL, libraries and program for 64-bit Windows, laid out and zipped in target/windows
	@$(NEED) cargo cc rust-src mingw zip
	scripts/windows

test-windows: ## What `make windows` has built, run under Wine
	@$(NEED) cargo cc mingw wine64 cmake python3 openssl
	scripts/test-windows

wheel: ## The Python wheel for Linux (CPython 3.9 and later) and the source distribution, in target/wheels
	@$(NEED) cargo cc python3 venv
	scripts/wheel "$(CURDIR)/target/wheels"

venv: ## The virtual environment of the Python tests, with the module installed
	@$(NEED) cargo cc python3 venv
	scripts/venv $(VENV)

clean:
	$(CARGO) clean
