#!/bin/sh
# Makes sure that Vulkan has a driver: installs Debian's or Ubuntu's software driver if there is none, and says so.
set -eu

# Metal and Direct3D come with their systems.
[ "$(uname -s)" = Linux ] || exit 0
# Whoever names a driver or a backend has one.
[ -z "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}${WGPU_BACKEND:-}" ] || exit 0

loader() { ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1' || [ -n "$(find /usr/lib* /usr/local/lib* -name 'libvulkan.so.1' 2>/dev/null | head -n 1)" ]; }
manifest() { [ -n "$(find /usr/share/vulkan/icd.d /etc/vulkan/icd.d /usr/local/share/vulkan/icd.d -name '*.json' 2>/dev/null | head -n 1)" ]; }

if loader && manifest; then
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo "No Vulkan driver was found. Install one: Mesa's lavapipe works without a GPU." >&2
  exit 1
fi
echo "No Vulkan driver was found: installing Mesa's software driver (packages mesa-vulkan-drivers and libvulkan1)."
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -q
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends mesa-vulkan-drivers libvulkan1
