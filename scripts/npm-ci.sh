#!/bin/sh
# npm-ci.sh FOLDER WHAT: installs into FOLDER/node_modules what FOLDER/package-lock.json names, unless it is there. WHAT
# says what that is.
set -eu

if ! cmp -s "$1/package-lock.json" "$1/node_modules/installed"; then
  echo "Installing $2 into $1."
  npm ci --prefix "$1"
  cp "$1/package-lock.json" "$1/node_modules/installed"
fi
