#!/bin/sh
# Builds Mesa's no-op DRM shim, a library with which Mesa's Intel driver opens a GPU that is not there,
# compiles, and takes work that it never does. Prints the library's path. No package has it, so it comes
# from Debian's source of the Mesa that adapters.sh unpacks. Everything goes into target/intel-shim.
set -eu
cd "$(dirname "$0")/.."

mkdir -p target/intel-shim
dir=$PWD/target/intel-shim
shim=$dir/libintel_noop_drm_shim.so
if [ -e "$shim" ]; then
  echo "$shim"
  exit
fi

say() { echo "$*" >&2; }

packages="bison flex gcc libdrm-dev libexpat1-dev glslang-tools pkg-config python3-venv xz-utils"
missing() { ! dpkg-query --show $packages >/dev/null 2>&1; }
if ! command -v apt-get >/dev/null; then
  say "error: Mesa's no-op shim is built from Debian's source, but there is no apt-get"
  exit 1
fi
if missing; then
  say "Installing what Mesa is built with (packages $packages)."
  sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get -qq update >&2
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $packages >&2
fi

# As in adapters.sh, apt uses package lists of its own.
. /etc/os-release
work=$dir/work
rm -rf "$work"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
cd "$work"
apt() {
  apt-get -qq -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User= "$@" >&2
}
apt update
mirror=$(apt-get -o Dir::State::lists="$work/lists" indextargets --format '$(REPO_URI)' \
  'Created-By: Packages' "Codename: $VERSION_CODENAME" 'Component: main' | head -n 1)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb-src [signed-by=$keyring] $mirror $VERSION_CODENAME-backports main" >sources.list
set -- -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=-
say "Fetching Mesa's source ($VERSION_CODENAME-backports, 47 MB), and building its no-op shim, which takes a minute or two."
apt "$@" update
# Mirrors may lack Debian's part of the source, which is not needed.
apt "$@" --download-only source mesa 2>"$work/log" || true
if ! ls mesa_*.orig.tar.xz >/dev/null 2>&1; then
  cat "$work/log" >&2
  say "error: Mesa's source could not be fetched: see above"
  exit 1
fi
tar -xf mesa_*.orig.tar.xz

say "Installing Mesa's build system (meson, ninja, mako, pyyaml and packaging of PyPI) into $work/venv."
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install meson==1.5.2 ninja mako pyyaml packaging >&2
PATH=$work/venv/bin:$PATH
cd mesa-*/
# Only the shim is built. The other tools would need LLVM and more.
python3 - <<'P'
import pathlib
tools, intel = pathlib.Path("src/intel/tools/meson.build"), pathlib.Path("src/intel/meson.build")
text = tools.read_text()
begin = text.index("  libintel_stub_gpu = shared_library(")
tools.write_text(text[begin : text.index("endif", begin)])
both = "if with_intel_tools\n  subdir('tools')\n  subdir('executor')"
intel.write_text(intel.read_text().replace(both, "if true\n  subdir('tools')"))
P
without=
for feature in glx egl gbm gles1 gles2 llvm zstd xmlconfig libunwind valgrind; do
  without="$without -D$feature=disabled"
done
if ! meson setup "$work/build" -Dtools=drm-shim -Dvulkan-drivers=intel_hasvk -Dgallium-drivers= -Dplatforms= \
  -Dopengl=false -Dvideo-codecs= -Dbuildtype=release $without >"$work/log" 2>&1 ||
  ! ninja -C "$work/build" src/intel/tools/libintel_noop_drm_shim.so >>"$work/log" 2>&1; then
  tail -n 20 "$work/log" >&2
  say "error: Mesa's no-op shim could not be built: see above"
  exit 1
fi
mv "$work/build/src/intel/tools/libintel_noop_drm_shim.so" "$shim"
rm -rf "$work"
echo "$shim"
