#!/usr/bin/env bash
# test-page.sh: builds the page of examples/web, and runs through it in Chromium. Installs what is missing.
# The screenshots are in target/web/shots.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/chromium.sh
scripts/web.sh
# Where Playwright is.
cp examples/web/serve.mjs examples/web/test.mjs target/web/npm
node target/web/npm/test.mjs target/web/page target/web/shots
