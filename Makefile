# Two commands do everything: `make demo` and `make test`. Both install a software Vulkan driver if there is none.

# Mesa's software driver complains on stderr, once for each device, where this is not set.
export XDG_RUNTIME_DIR ?= /tmp

.PHONY: demo test test-adapters tint sweep bench bench-burn driver doc lint

demo: driver
	cargo build --examples
	cargo run --example plot
	cargo run --example digits

test: driver
	cargo test

# The GPU tests on other adapters, which are fetched from Debian's packages.
test-adapters: driver
	scripts/test-adapters.sh

# The shaders through Tint, and on Dawn: what a browser does with them. Installs Node.js if there is none.
tint: driver
	scripts/tint.sh

# Every f32 through every activation, forward and backward: about an hour. Fails where a bound is exceeded.
sweep: driver
	cargo run --example sweep -- --all

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
