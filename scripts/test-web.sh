#!/usr/bin/env bash
# test-web.sh [CASE]...: builds tests/web for browsers, and runs its cases, or all of them, in headless Chromium on
# SwiftShader. Everything goes into target/web-test; what is missing of Chromium and Node.js is installed.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/node.sh "Playwright comes from npm"
scripts/chromium.sh
scripts/wasm.sh tests/web target/web-test/pkg
cp tests/web/*.{html,js,mjs,json} tests/web/.npmrc target/web-test
scripts/npm-ci.sh target/web-test "Playwright (npm package playwright-core)"
node target/web-test/drive.mjs target/web-test "$@"
