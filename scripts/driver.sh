#!/bin/sh
# Makes sure that there is an adapter. If there is none, or only one through OpenGL, installs Mesa's
# software Vulkan driver on Debian and Ubuntu. Never asks anything.
set -eu
cd "$(dirname "$0")/.."

packages="mesa-vulkan-drivers libvulkan1"

cargo build --example adapter
adapter() { cargo run --quiet --example adapter; }

# install: installs the driver, or says why it does not and how to do it by hand.
install() {
  if ! command -v apt-get >/dev/null; then
    echo "This script knows only apt-get: install a Vulkan driver with your system's package manager."
    return 1
  fi
  sudo=
  if [ "$(id -u)" != 0 ]; then
    sudo="sudo -n"
    if ! $sudo true 2>/dev/null; then
      echo "Only root can install it, and sudo would ask for a password."
      echo "Run: sudo apt-get install $packages"
      return 1
    fi
  fi
  echo "Installing Mesa's software Vulkan driver with apt-get: packages $packages."
  $sudo apt-get update -q &&
    $sudo env DEBIAN_FRONTEND=noninteractive \
      apt-get install -q -y --no-install-recommends $packages &&
    return
  echo "apt-get could not install it: see above."
  echo "To try again, run: ${sudo:+sudo }apt-get install $packages"
  return 1
}

found=$(adapter 2>/dev/null) || found=
case $found in
'') echo "There is no GPU adapter yet: wgpu needs a driver." ;;
*'(gl;'*)
  echo "Adapter: $found"
  # Who asks for OpenGL gets it.
  [ -z "${WGPU_BACKEND:-}" ] || exit 0
  echo "It is reached through OpenGL only. Vulkan is better:" \
    "the tests and the figures in docs/ are made with it."
  ;;
*)
  echo "Adapter: $found"
  exit 0
  ;;
esac

if install; then
  found=$(adapter)
  echo "Adapter: $found"
elif [ -n "$found" ]; then
  echo "Going on with OpenGL."
else
  exit 1
fi
