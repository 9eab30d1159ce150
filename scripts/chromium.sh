#!/bin/sh
# Installs Chromium on Debian, if there is none.
set -eu

if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then
  exit
fi
if ! command -v apt-get >/dev/null; then
  echo "error: the test needs Chromium: install it with your system's package manager" >&2
  exit 1
fi
echo "Installing Chromium (package chromium)."
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -q
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium fonts-dejavu-core
