#!/usr/bin/env bash
# wasm.sh CRATE OUTPUT [OPTION]...: builds the crate in the folder CRATE for browsers, and writes the JavaScript
# module OUTPUT/NAME.js with its OUTPUT/NAME_bg.wasm. OPTIONs are those of scripts/bindgen.
# Fails at a warning.
#
# The compiler is Debian's Rust: its packages bring the source of std, which cargo builds for
# wasm32-unknown-unknown. They are unpacked into target/rust-wasm, so that the machine's own Rust stays as it is.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
crate=$(cd "$1" && pwd)
rust=$root/target/rust-wasm
# All crates share what they depend on.
target=$root/target/web

# depends PACKAGE...: the packages that these depend on.
depends() { apt-cache depends "$@" | sed -n 's/.*Depends: //p'; }

install() {
  if ! command -v apt-get >/dev/null; then
    echo "error: Rust for browsers comes from Debian's packages here, and there is no apt-get" >&2
    exit 1
  fi
  local sudo= packages libraries llvm
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -q
  # The package of compiled libraries has Rust's version in its name.
  packages="rustc-web cargo-web rust-web-src libstd-rust-web-dev $(depends libstd-rust-web-dev | grep '^libstd-rust-web-')"
  # These are installed as usual, since they stand beside other versions.
  libraries=$(depends $packages | grep -E '^lib(llvm|git2)' | sort -u)
  llvm=$(grep '^libllvm' <<<"$libraries")
  libraries="$libraries lld-${llvm#libllvm} gcc libc6-dev"
  echo "Installing" $libraries "and unpacking" $packages "into target/rust-wasm."
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $libraries
  rm -rf "$rust"
  mkdir -p "$rust/packages"
  (cd "$rust/packages" && apt-get -q -o APT::Sandbox::User=root download $packages)
  for package in "$rust"/packages/*.deb; do dpkg -x "$package" "$rust"; done
  rm -r "$rust/packages"
  # The package's own link names a neighbour, which is not there.
  ln -sf "/usr/bin/lld-${llvm#libllvm}" "$rust/usr/bin/rust-lld"
  touch "$rust/installed"
}

[ -e "$rust/installed" ] || install

# Texts of panics contain the paths of files. Of the flags that fit a path the last one counts.
flags="--remap-path-prefix=$HOME=/home --remap-path-prefix=$root=/wgpu-activations --remap-path-prefix=$rust/usr=/rust"
for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
  flags="$flags --remap-path-prefix=$registry=/registry"
done
name=$(sed -n 's/^name = "\(.*\)"/\1/p' "$crate/Cargo.toml" | head -1 | tr - _)
mkdir -p "$2"
output=$(cd "$2" && pwd)
(
  cd "$crate"
  export PATH=$rust/usr/bin:$PATH LD_LIBRARY_PATH=$rust/usr/lib/$(uname -m)-linux-gnu RUSTC=$rust/usr/bin/rustc
  export RUSTC_BOOTSTRAP=1 RUSTFLAGS="$flags ${RUSTFLAGS:-}" CARGO_TARGET_DIR=$target
  export CARGO_BUILD_WARNINGS=deny
  cargo build --lib --release --target wasm32-unknown-unknown -Zbuild-std=std,panic_abort -Zwarnings
)

CARGO_TARGET_DIR=$target cargo run --quiet --locked --manifest-path "$root/scripts/bindgen/Cargo.toml" -- \
  "$target/wasm32-unknown-unknown/release/$name.wasm" "$output" "${@:3}"
