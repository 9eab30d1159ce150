# Two commands do everything: `make demo` and `make test`. Both install a software Vulkan driver if there is none.

# Mesa's software driver complains on stderr, once for each device, where this is not set.
export XDG_RUNTIME_DIR ?= /tmp

.PHONY: demo test test-numerics test-adapters test-burn tint validate sweep bench bench-burn fuzz soak supply-chain driver doc lint

demo: driver
	cargo build --examples
	cargo run --example plot
	cargo run --example digits

test: driver
	cargo test

# Runs in full the tests that `make test` thins, and no others: all inputs, all simulated devices, large
# shapes.
test-numerics: driver
	NUMERICS=full cargo test --test gpu --test cpu -- numerics::

# The GPU tests on other adapters, which are fetched from Debian's packages.
test-adapters: driver
	scripts/test-adapters.sh

# The kernel of docs/fusing.md in Burn, which takes some minutes to build.
test-burn: driver
	CARGO_TARGET_DIR=$(CURDIR)/target/burn cargo test --manifest-path tests/burn/Cargo.toml

# The shaders through Tint, and on Dawn: what a browser does with them. Installs Node.js if there is none.
tint: driver
	scripts/tint.sh

# Every kernel's SPIR-V and GLSL through Khronos' validators, which are installed if there are none.
validate:
	scripts/validate.sh

# Every f32 through every activation, forward and backward: about an hour. Fails where a bound is exceeded.
sweep: driver
	cargo run --example sweep -- --all

# Random calls at both levels, guided by what code they reach: SECONDS=2400 for longer. Installs cargo-fuzz if there is none; on a
# stable compiler, whose unstable options it needs.
SECONDS ?= 600
fuzz: driver
	cargo fuzz --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-fuzz
	RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none calls -- -max_total_time=$(SECONDS) -max_len=2000 -len_control=0 -timeout=300 -rss_limit_mb=0

# Ten minutes of mixed work, in which memory must not grow.
soak: driver
	cargo run --example soak

# Licences, sources, advisories, the oldest versions of what the crate depends on, the oldest Rust. Installs cargo-deny if there is none.
supply-chain:
	scripts/supply-chain.sh

# How fast everything is, beside a kernel that only copies: about ten minutes. Options of the program go into BENCH. Mesa must
# not find on disk what the program wants to see it compile.
bench: driver
	MESA_SHADER_CACHE_DISABLE=true cargo run --release --example bench -- $(BENCH)

# The same work by this crate and by Burn, in turns. Its first build takes long.
bench-burn: driver
	cargo run --release --manifest-path benches/burn/Cargo.toml --target-dir target/burn -- $(BENCH)

# What .ci/run checks besides the tests.
lint:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

driver:
	@scripts/driver.sh
