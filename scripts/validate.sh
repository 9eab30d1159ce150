#!/bin/sh
# Every kernel as wgpu's Vulkan and GL backends get it from naga, through Khronos' own validators: SPIR-V through spirv-val, GLSL of
# both kinds through glslang. They are Debian's packages spirv-tools and glslang-tools. Everything goes into target/validate.
set -eu
cd "$(dirname "$0")/.."

if ! command -v spirv-val >/dev/null || ! command -v glslangValidator >/dev/null; then
  if ! command -v apt-get >/dev/null; then
    echo "error: spirv-val and glslangValidator are missing: install SPIRV-Tools and glslang" >&2
    exit 1
  fi
  echo "Installing spirv-val and glslangValidator (packages spirv-tools and glslang-tools)."
  sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -q
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends spirv-tools glslang-tools
fi

folder=$PWD/target/validate
rm -rf "$folder"
mkdir -p "$folder"
COMPILED_OUT=$folder cargo test --quiet --lib every_module_compiles_for_every_backend

# through PATTERN COMMAND...: every file of this pattern, and how many there are; there must be some.
through() {
  pattern=$1
  shift
  count=$(find "$folder" -name "$pattern" | wc -l)
  if [ "$count" = 0 ] || ! find "$folder" -name "$pattern" -print0 | xargs -0 "$@" >"$folder/log" 2>&1; then
    # glslang names each file before what it has to say of it.
    grep -i -B 1 error "$folder/log" >&2
    echo "error: of $count $pattern in $folder not all are valid" >&2
    exit 1
  fi
  echo "$count $pattern are valid."
}

through '*.spv' -n 1 -P 2 sh -c 'spirv-val --target-env vulkan1.1 "$0" || { echo "error: $0"; exit 1; }'
through '*.comp' -n 50 glslangValidator
