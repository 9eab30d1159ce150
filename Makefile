# `make demo` and `make test` need nothing but Rust. If there is no Vulkan driver, both install a
# software driver: see scripts/driver.sh.

# Without this, Mesa's software driver complains on stderr, once for each device.
export XDG_RUNTIME_DIR ?= /tmp

.PHONY: demo web test test-numerics test-adapters test-burn test-naga demo-mpi test-mpi npm test-npm test-web tint validate instructions sweep bench bench-burn fuzz soak supply-chain driver doc lint

# Builds only the programs that it runs, in one call of cargo. driver.sh then needs no build.
demo:
	@echo "This demo draws curves of activations, and trains a network on handwritten digits, all on the GPU."
	@echo "It first compiles wgpu and three programs, which takes a few minutes. The pictures go into target/."
	cargo build --example adapter --example plot --example digits
	@scripts/driver.sh
	cargo run --quiet --example plot
	cargo run --quiet --example digits

# Builds the page of examples/web, which draws, checks and measures the functions in a browser, and
# serves it on 127.0.0.1. Installs what is missing.
PORT ?= 8080
web:
	scripts/web.sh
	node examples/web/serve.mjs target/web/page $(PORT)

test: driver
	cargo test

# Runs in full the tests that `make test` thins, and no others: all inputs, all simulated devices, large
# shapes.
test-numerics: driver
	NUMERICS=full cargo test --test gpu --test cpu -- numerics::

# The GPU tests on other adapters, which are fetched from Debian's packages.
test-adapters: driver
	scripts/test-adapters.sh

# Runs the tests of burn/, which has the functions for Burn's tensors, and the kernel of docs/fusing.md in
# Burn. The first build takes some minutes.
test-burn: driver
	CARGO_TARGET_DIR=$(CURDIR)/target/burn cargo test --locked --manifest-path burn/Cargo.toml

# Compiles all texts for kernels of others with the naga of four versions of wgpu.
test-naga:
	CARGO_TARGET_DIR=$(CURDIR)/target/naga cargo test --locked --manifest-path tests/naga/Cargo.toml

# Trains the network of `make demo` on several GPUs, or on one that they share: each of the RANKS, which are
# processes of MPI, computes its part of each batch. Installs Debian's Open MPI where it is missing.
RANKS ?= 2
MPI_CARGO = CARGO_TARGET_DIR=$(CURDIR)/target/mpi cargo
demo-mpi: driver
	@echo "This demo trains a network on handwritten digits with $(RANKS) processes, which add their gradients over MPI."
	scripts/mpi.sh
	$(MPI_CARGO) build --locked --manifest-path examples/mpi/Cargo.toml
	LP_NUM_THREADS=1 mpirun --allow-run-as-root --oversubscribe -n $(RANKS) target/mpi/debug/digits-mpi $(TRAINING)

# Tests it: the same bits for 1, 2, 4 and 8 ranks, a rank that dies, and a training that goes on.
test-mpi: driver
	scripts/mpi.sh
	$(MPI_CARGO) test --locked --manifest-path examples/mpi/Cargo.toml

# Builds the npm package wgsl-activations, which is the crate's WGSL for JavaScript, and packs it into target/npm.
# Installs Debian's Rust for browsers and Node.js where they are missing.
npm:
	scripts/npm.sh

# Installs that package from its file, and tries it in Node on Dawn and in Chromium. Installs what is missing.
test-npm:
	scripts/test-npm.sh

# Tries the crate and the page of examples/web in headless Chromium. Installs Debian's Rust for
# browsers, Chromium and Node.js where they are missing.
test-web:
	scripts/test-web.sh
	scripts/test-page.sh

# Compiles the shaders with Tint and runs them on Dawn, as a browser does. Installs Node.js if there is
# none.
tint: driver
	scripts/tint.sh

# Puts every kernel's SPIR-V and GLSL through Khronos' validators. Installs them if there are none.
validate:
	scripts/validate.sh

# Counts the instructions that AMD's, Intel's and NVIDIA's compilers make of every kernel, without such a
# GPU, for docs/instructions.md. Takes about ten minutes. Installs the compilers where they are missing.
instructions:
	scripts/instructions.sh

# Computes every activation at every f32, forward and backward, in about an hour. Fails if a bound is
# exceeded.
sweep: driver
	cargo run --example sweep -- --all

# Makes random calls of both APIs, guided by the code that they reach, for SECONDS. Installs cargo-fuzz
# if there is none. RUSTC_BOOTSTRAP lets a stable compiler take the unstable options that it needs.
SECONDS ?= 600
fuzz: driver
	cargo fuzz --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-fuzz
	RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none calls -- -max_total_time=$(SECONDS) -max_len=2000 -len_control=0 -timeout=300 -rss_limit_mb=0

# Runs mixed work for ten minutes, in which memory must not grow.
soak: driver
	cargo run --example soak

# Checks licences, sources and advisories, the oldest versions of dependencies and the oldest Rust.
# Installs cargo-deny if there is none.
supply-chain:
	scripts/supply-chain.sh

# Measures the speed of everything relative to a kernel that only copies, in about ten minutes. BENCH
# holds options of the program. Mesa must not take kernels from its disk cache, since their compilation
# is measured, too.
bench: driver
	MESA_SHADER_CACHE_DISABLE=true cargo run --release --example bench -- $(BENCH)

# Measures the same work by this crate and by Burn, in turns. The first build takes long.
bench-burn: driver
	cargo run --release --manifest-path benches/burn/Cargo.toml --target-dir target/burn -- $(BENCH)

# Checks format and lints, as .ci/run does. Without the feature `gpu` the crate has at most 15 crates in its
# tree, itself included.
lint:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy --lib --no-default-features -- -D warnings
	cargo clippy --lib --features serde,tracing -- -D warnings
	cargo test --quiet --lib --no-default-features --features serde value::
	test "$$(cargo tree --no-default-features --edges normal --prefix none | sort -u | wc -l)" -le 15

doc:
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --no-default-features
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

driver:
	@scripts/driver.sh
