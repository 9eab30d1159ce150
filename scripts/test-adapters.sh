#!/bin/sh
# Runs the fast suite of the GPU tests on more adapters than `make test` does: Mesa's newer
# lavapipe, SwiftShader, and GL where there is an adapter for it. The tests check that they run on
# the expected adapter.
set -eu
cd "$(dirname "$0")/.."

# Not run here: the shapes of broadcasting, whose many devices take newer Mesas ten minutes to compile
# for. Expressions try broadcasting on each adapter.
# on NAME ENVIRONMENT...
on() {
  name=$1
  shift
  echo "Adapter: $name"
  if ! env -u WGPU_ADAPTER_NAME "$@" cargo test --quiet --test gpu -- --skip broadcast:: ||
    ! env -u WGPU_ADAPTER_NAME "$@" cargo test --quiet --lib -- kernels::expression; then
    echo "error: the tests fail on $name: $*" >&2
    exit 1
  fi
}

adapters=$(scripts/adapters.sh)
echo "$adapters" | while IFS=$(printf '\t') read -r name files expected; do
  on "$name" "VK_DRIVER_FILES=$files" WGPU_BACKEND=vulkan "EXPECTED_ADAPTER=$expected" </dev/null
done

if env -u WGPU_ADAPTER_NAME WGPU_BACKEND=gl cargo run --quiet --example adapter >/dev/null 2>&1; then
  on GL WGPU_BACKEND=gl 'EXPECTED_ADAPTER=(gl)'
else
  echo "There is no GL adapter: not tested."
fi
