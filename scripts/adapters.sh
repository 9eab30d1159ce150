#!/bin/sh
# Fetches two more software Vulkan drivers to test on, for Debian: the newer lavapipe (Mesa) from
# backports, and SwiftShader, which is part of Debian's Chromium. It unpacks them once into DIR
# (target/adapters), from 40 MB of packages. The installed driver stays as it is. It writes a line
# for each driver, with tabs between NAME, VK_DRIVER_FILES and EXPECTED_ADAPTER. DIR gets the drivers of
# AMD and Intel, too, which are in the same package: scripts/instructions.sh compiles with them.
set -eu

dir=${1:-target/adapters}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

say() { echo "$*" >&2; }

list() {
  for name in lavapipe-backports swiftshader; do
    printf '%s\t%s\t%s\n' "$name" "$dir/$name/icd.json" "$(cat "$dir/$name/expected")"
  done
}

if [ -e "$dir/complete" ] && [ -e "$dir/radeon/icd.json" ]; then
  list
  exit
fi

ID='' VERSION_CODENAME=''
[ ! -r /etc/os-release ] || . /etc/os-release
if [ "$ID" != debian ] || [ -z "$VERSION_CODENAME" ]; then
  say "error: these drivers come from Debian's packages, but this is ${PRETTY_NAME:-no Debian system}"
  exit 1
fi

work=$dir/work
rm -rf "$work"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"

# apt uses package lists of its own, since the machine's must not change, and a fresh container has
# none.
apt() {
  apt-get -qq -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" -o APT::Sandbox::User= "$@" >&2
}

# unpack PACKAGE TO PATTERN: takes the files of a package whose paths match.
unpack() {
  mkdir -p "$2"
  dpkg-deb --fsys-tarfile "$work/$1"_*.deb | tar -x -C "$2" --wildcards --transform 's,.*/,,' "$3"
}

say "Fetching SwiftShader (package chromium-common) and Mesa's newer lavapipe ($VERSION_CODENAME-backports) into $dir."
cd "$work"
apt update
apt download chromium-common
unpack chromium-common "$dir/swiftshader" '*vk_swiftshader*'
mv "$dir/swiftshader/vk_swiftshader_icd.json" "$dir/swiftshader/icd.json"
echo SwiftShader >"$dir/swiftshader/expected"

# Backports come from the mirror that the machine's own sources name, whatever the format of those.
mirror=$(apt-get -o Dir::State::lists="$work/lists" indextargets --format '$(REPO_URI)' \
  'Created-By: Packages' "Codename: $VERSION_CODENAME" 'Component: main' | head -n 1)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring] $mirror $VERSION_CODENAME-backports main" >backports.list
set -- -o "Dir::Etc::sourcelist=$work/backports.list" -o Dir::Etc::sourceparts=-
apt "$@" update
apt "$@" download mesa-vulkan-drivers
version=$(dpkg-deb --field mesa-vulkan-drivers_*.deb Version)
# A relative path with a slash is looked up beside the file. Without a slash it would be one of the
# system's libraries.
driver() {
  unpack mesa-vulkan-drivers "$1" "*$2*"
  sed "s,\"[^\"]*libvulkan_$2,\"./libvulkan_$2," "$1"/"$2"_icd*.json >"$1/icd.json"
}
driver "$dir/lavapipe-backports" lvp
driver "$dir/intel" intel
driver "$dir/radeon" radeon
echo "Mesa ${version%%-*}" >"$dir/lavapipe-backports/expected"

unresolved() { ldd -r "$dir"/*/lib*.so | grep -E 'not found|undefined symbol' >&2; }
if unresolved; then
  say "Installing mesa-vulkan-drivers and libvulkan1 for these libraries: the release's own Mesa needs them as well."
  sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get -qq update >&2
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends mesa-vulkan-drivers libvulkan1 >&2
  if unresolved; then exit 1; fi
fi

rm -rf "$work"
touch "$dir/complete"
list
