# Two commands do everything: `make demo` and `make test`. Both install a software Vulkan driver if there is none.

# Mesa's software driver complains on stderr, once for each device, where this is not set.
export XDG_RUNTIME_DIR ?= /tmp

.PHONY: demo test test-adapters test-burn tint validate sweep driver doc lint

demo: driver
	cargo build --examples
	cargo run --example plot
	cargo run --example digits

test: driver
	cargo test

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

# What .ci/run checks besides the tests.
lint:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

driver:
	@scripts/driver.sh
