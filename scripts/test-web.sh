#!/usr/bin/env bash
# test-web.sh [CASE]...: builds tests/web for browsers, and runs its cases, or all of them, in headless Chromium on
# SwiftShader. Everything goes into target/web-test; what is missing of Chromium and Node.js is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/node.sh "Playwright comes from npm"
if ! command -v chromium >/dev/null; then
  if ! command -v apt-get >/dev/null; then
    echo "error: install chromium" >&2
    exit 1
  fi
  echo "Installing chromium."
  sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -q
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium
fi

scripts/wasm.sh tests/web target/web-test/pkg
cp tests/web/*.{html,js,mjs,json} tests/web/.npmrc target/web-test
if ! cmp -s target/web-test/package-lock.json target/web-test/node_modules/installed; then
  echo "Installing Playwright (npm package playwright-core) into target/web-test."
  npm ci --prefix target/web-test
  cp target/web-test/package-lock.json target/web-test/node_modules/installed
fi
node target/web-test/drive.mjs target/web-test "$@"
