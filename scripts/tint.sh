#!/bin/sh
# A second opinion from Dawn, the WebGPU of Chromium: its compiler, Tint, must accept every WGSL module, and the kernels must
# compute on Dawn what they compute on wgpu, on each driver of adapters.sh; so must the guide's kernel. Everything goes into target/tint.
set -eu
cd "$(dirname "$0")/.."

scripts/node.sh "Dawn comes as the npm package webgpu"

rm -rf target/tint/wgsl
mkdir -p target/tint/wgsl
cp -R scripts/tint/. target/tint
scripts/npm-ci.sh target/tint "Dawn (npm package webgpu)"

WGSL_OUT=$PWD/target/tint/wgsl cargo test --quiet --lib modules_are_written_out
node target/tint/check.mjs target/tint/wgsl
cp docs/fusing/dense.wgsl docs/fusing/dense.mjs target/tint
cargo run --quiet --example wgsl -- gelu --name gelu=my_activation --forward >target/tint/gelu.wgsl
adapters=$(scripts/adapters.sh)
echo "$adapters" | while IFS=$(printf '\t') read -r _ files expected; do
  VK_DRIVER_FILES=$files WGPU_BACKEND=vulkan RESULTS_OUT=$PWD/target/tint/wgsl \
    cargo test --quiet --lib results_are_written_out </dev/null
  VK_DRIVER_FILES=$files EXPECTED_ADAPTER=$expected node target/tint/run.mjs target/tint/wgsl </dev/null
  VK_DRIVER_FILES=$files EXPECTED_ADAPTER=$expected node target/tint/fusing.mjs </dev/null
done
