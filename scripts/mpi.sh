#!/bin/sh
# Installs on Debian what examples/mpi is built with, where it is missing: Open MPI, and the libclang by
# which its crate reads Open MPI's headers.
set -eu

packages=
mpicc --showme >/dev/null 2>&1 && command -v mpirun >/dev/null || packages="libopenmpi-dev openmpi-bin"
[ -n "${LIBCLANG_PATH:-}" ] || /sbin/ldconfig -p | grep -q 'libclang[-.]' || packages="$packages libclang-dev"
[ -n "$packages" ] || exit 0
if ! command -v apt-get >/dev/null; then
  echo "error: examples/mpi needs Open MPI and libclang: install them with your system's package manager" >&2
  exit 1
fi
echo "Installing Open MPI and what its headers are read with (packages" $packages")."
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -q
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages
