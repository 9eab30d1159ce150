#!/bin/sh
# node.sh WHY: installs Node.js and npm on Debian and Ubuntu, if there are none. WHY says in an error
# what needs them.
set -eu

if command -v node >/dev/null && command -v npm >/dev/null; then
  exit
fi
if ! command -v apt-get >/dev/null; then
  echo "error: $1: install Node.js 20 or newer, with npm" >&2
  exit 1
fi
echo "Installing Node.js and npm (packages nodejs and npm)."
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -q
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nodejs npm ca-certificates
