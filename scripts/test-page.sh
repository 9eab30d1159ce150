#!/usr/bin/env bash
# test-page.sh: builds the page of examples/web, and runs through it in Chromium. Installs what is missing.
# The screenshots are in target/web/shots.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v chromium >/dev/null && ! command -v google-chrome >/dev/null; then
  if ! command -v apt-get >/dev/null; then
    echo "error: the test needs Chromium: install it with your system's package manager" >&2
    exit 1
  fi
  echo "Installing Chromium (package chromium)."
  sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -q
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium fonts-dejavu-core
fi
scripts/web.sh
# Where Playwright is.
cp examples/web/serve.mjs examples/web/test.mjs target/web/npm
node target/web/npm/test.mjs target/web/page target/web/shots
