#!/bin/sh
# The GPU tests on more than the one adapter that `make test` has: Mesa's newer lavapipe, SwiftShader, and GL where there is
# an adapter for it. Each test program checks that it runs on the adapter that it is meant to run on.
set -eu
cd "$(dirname "$0")/.."

cargo build --quiet --examples

# on NAME ENVIRONMENT...
on() {
  name=$1
  shift
  echo "Adapter: $name"
  if ! env -u WGPU_ADAPTER_NAME "$@" cargo test --quiet \
    --test accuracy --test derivatives --test gated --test training --test learned --test samples --test rows --test slices \
    --test dtypes --test views --test large --test downlevel --test errors --test faults --test calls --test warm_up --test fusing --test cli \
    --test digits --test sweep; then
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
