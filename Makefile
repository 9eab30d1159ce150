# Two commands do everything: `make demo` and `make test`. Both install a software Vulkan driver if there is none.

# Mesa's software driver complains on stderr, once for each device, where this is not set.
export XDG_RUNTIME_DIR ?= /tmp

.PHONY: demo test driver doc lint

demo: driver
	cargo build --examples
	cargo run --example plot
	cargo run --example digits

test: driver
	cargo test

# What .ci/run checks besides the tests.
lint:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

driver:
	@scripts/driver.sh
