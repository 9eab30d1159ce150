#!/bin/sh
# Makes sure that there is an adapter: installs Debian's or Ubuntu's software Vulkan driver if there is none, and says so.
set -eu

adapter() { cargo run --quiet --example adapter; }

cargo build --quiet --example adapter
if found=$(adapter 2>/dev/null); then
  echo "Adapter: $found"
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  adapter
fi
echo "There is no adapter yet: installing Mesa's software Vulkan driver (packages mesa-vulkan-drivers and libvulkan1)."
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -q
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends mesa-vulkan-drivers libvulkan1
echo "Adapter: $(adapter)"
