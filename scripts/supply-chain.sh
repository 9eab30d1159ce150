#!/bin/sh
# What the crate depends on: licences, sources, bans and doubles (cargo-deny), security advisories where their database can be fetched,
# the oldest versions that Cargo.toml allows, and what needs a newer Rust than it names. Installs cargo-deny if there is none.
set -eu
cd "$(dirname "$0")/.."

say() { echo "== $*"; }

cargo deny --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-deny

say "licences, bans, sources"
cargo deny --all-features check licenses bans sources

say "advisories"
if cargo deny fetch db >/dev/null 2>&1; then
  cargo deny --all-features check advisories
else
  echo "SKIPPED: the advisory database (RustSec) cannot be fetched from here"
fi

# In a copy, so that Cargo.lock stays as it is, and without what only tests and examples depend on.
say "the oldest versions that Cargo.toml allows"
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$copy"
(
  cd "$copy"
  sed -i '/^\[dev-dependencies\]/,/^\[profile/ { /^\[profile/!d }' Cargo.toml
  # The resolver's option is unstable, the build is not.
  RUSTC_BOOTSTRAP=1 cargo update --quiet -Z direct-minimal-versions
  CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$OLDPWD/target}/minimal-versions" cargo check --quiet --lib
)

say "Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml), the oldest that Cargo.toml allows"
# What was added to the standard library later.
cargo clippy --quiet --lib -- -D clippy::incompatible-msrv
msrv=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
if cargo "+$msrv" --version >/dev/null 2>&1; then
  CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target}/msrv" cargo "+$msrv" check --quiet --lib
else
  echo "SKIPPED: a build with Rust $msrv itself, which is not installed: rustup toolchain install $msrv"
fi
