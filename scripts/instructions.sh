#!/bin/sh
# Counts the instructions that the compilers of three GPUs make of every kernel, on a machine that has
# none of these GPUs. Without arguments it writes the counts into docs/instructions and their tables into
# docs/instructions.md. `instructions.sh check GPU...` compares them with those in docs/instructions, where
# GPU is amd or intel. Installs what it lacks. Everything else goes into target/instructions.
set -eu
cd "$(dirname "$0")/.."

out=target/instructions
counts=docs/instructions
if [ "${1:-}" = check ]; then
  shift
  counts=$out
fi
gpus=${*:-amd intel nvidia}
mkdir -p "$out"
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/tmp}"
# Mesa would take kernels from its cache, and then has no counts.
export MESA_SHADER_CACHE_DISABLE=true

cargo build --quiet --example kernels --example instructions
examples=${CARGO_TARGET_DIR:-target}/debug/examples

# write_kernels FOLDER NATIVE_F16 ENVIRONMENT...: the adapter compiles and runs each of them.
write_kernels() {
  folder=$1
  native_f16=$2
  shift 2
  rm -rf "$folder"
  env -u WGPU_ADAPTER_NAME "$@" "$examples/kernels" --all "$folder" --native-f16 "$native_f16"
}

# measure GPU FOLDER ENVIRONMENT...
measure() {
  gpu=$1
  folder=$2
  shift 2
  # The shim says what it does not know, which the driver does not need.
  if ! env "$@" "$examples/instructions" measure "$folder" --csv "$counts/$gpu.csv" 2>"$out/$gpu.log"; then
    cat "$out/$gpu.log" >&2
    exit 1
  fi
}

# wgpu's noop compiles nothing, and gets the kernels that most GPUs get.
noop="WGPU_BACKEND=noop WGPU_NOOP_BACKEND=1"
adapters=$(scripts/adapters.sh)
drivers=$(echo "$adapters" | head -n 1 | cut -f 2)
drivers=${drivers%/*/icd.json}

for gpu in $gpus; do
  case $gpu in
  amd)
    # RADV rounds towards zero when it packs f16, so that the check of the conversions refuses its stores.
    write_kernels "$out/kernels-amd" loads $noop
    # RADV compiles for a GPU that is not there if it is told which.
    measure amd "$out/kernels-amd" "VK_DRIVER_FILES=$drivers/radeon/icd.json" RADV_FORCE_FAMILY=navi31
    ;;
  intel)
    if ! shim=$(scripts/intel-shim.sh); then
      # What the shim is built from may be out of reach, which is no fault of a kernel.
      [ "$counts" = "$out" ] || exit 1
      echo "Mesa's no-op shim could not be built: Intel's compiler is not tried."
      continue
    fi
    set -- "VK_DRIVER_FILES=$drivers/intel/icd.json" INTEL_STUB_GPU_PLATFORM=dg2 "LD_PRELOAD=$shim"
    # wgpu itself runs on this driver, which takes every kernel, and does no work.
    write_kernels "$out/kernels-intel" all "$@" WGPU_BACKEND=vulkan 2>"$out/intel.log" ||
      { cat "$out/intel.log" >&2; exit 1; }
    measure intel "$out/kernels-intel" "$@"
    ;;
  nvidia)
    if ! [ -e "$out/venv/complete" ]; then
      echo "Installing NVIDIA's compiler and disassembler (PyPI's nvidia-cuda-nvrtc-cu12 and nvidia-cuda-nvdisasm, 223 MB) into $out/venv."
      rm -rf "$out/venv"
      python3 -m venv "$out/venv"
      "$out/venv/bin/pip" --quiet --disable-pip-version-check install nvidia-cuda-nvrtc-cu12==12.9.86 nvidia-cuda-nvdisasm==13.5.37
      touch "$out/venv/complete"
    fi
    write_kernels "$out/kernels" all $noop
    rm -rf "$out/metal"
    "$examples/instructions" metal "$out/kernels" --folder "$out/metal"
    python3 scripts/nvidia.py --venv "$out/venv" --csv "$counts/nvidia.csv" "$out/metal"
    ;;
  *)
    echo "error: there is no compiler of $gpu, but of amd, intel and nvidia" >&2
    exit 1
    ;;
  esac
  if [ "$counts" = "$out" ]; then
    "$examples/instructions" compare "docs/instructions/$gpu.csv" "$counts/$gpu.csv"
  fi
done

if [ "$counts" != "$out" ]; then
  "$examples/instructions" table docs/instructions --page docs/instructions.md --h100 docs/h100/README.md
fi
