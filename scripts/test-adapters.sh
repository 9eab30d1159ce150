#!/bin/sh
# Runs the fast suite of the GPU tests on more adapters than `make test` does: Mesa's newer
# lavapipe, SwiftShader, and GL where there is an adapter for it. The tests check that they run on
# the expected adapter.
set -eu
cd "$(dirname "$0")/.."

# Not run here: the shapes of broadcasting, and the tests of functions along an axis that compile hundreds
# of kernels, which take newer Mesas ten minutes each. Expressions try broadcasting on each adapter, and
# numerics::axis and the rest of axis:: try every kind of kernel. PyTorch's samples try cross_entropy, and
# accumulate::high_level the sums of all gradients.
skipped="broadcast:: sharing::attention axis::accuracy axis::double_backward axis::low_level::tiny_limits axis::packed16
  axis::special_values::special axis::special_values::temperatures axis::special_values::masks axis::views
  axis::attention::combinations axis::attention::slices axis::thresholds::hard axis::thresholds::options
  cross_entropy::every_shape cross_entropy::packed16 cross_entropy::views accumulate::low_level::along_an_axis"
skips=
for test in $skipped; do skips="$skips --skip $test"; done

# on NAME ENVIRONMENT...
on() {
  name=$1
  shift
  echo "Adapter: $name"
  if ! env -u WGPU_ADAPTER_NAME "$@" cargo test --quiet --test gpu -- $skips ||
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
