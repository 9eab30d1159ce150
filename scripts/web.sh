#!/usr/bin/env bash
# web.sh: builds the page of examples/web into target/web/page. It installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
source=examples/web
page=target/web/page

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  if ! command -v apt-get >/dev/null; then
    echo "error: the page takes uPlot from npm: install Node.js 20 or newer, with npm" >&2
    exit 1
  fi
  echo "Installing Node.js and npm (packages nodejs and npm)."
  sudo=
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -q
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nodejs npm ca-certificates
fi

rm -rf "$page"
mkdir -p "$page" target/web/npm
cp $source/package.json $source/package-lock.json $source/.npmrc target/web/npm
if ! cmp -s $source/package-lock.json target/web/npm/node_modules/installed; then
  echo "Installing uPlot and Playwright (npm packages uplot and playwright-core) into target/web/npm."
  npm ci --prefix target/web/npm
  cp $source/package-lock.json target/web/npm/node_modules/installed
fi

scripts/wasm.sh $source $page/page
cp $source/index.html $source/style.css $source/*.js "$page"
cp target/web/npm/node_modules/uplot/dist/uPlot.esm.js target/web/npm/node_modules/uplot/dist/uPlot.min.css "$page"

files=$(find "$page" -type f)
size=$(for file in $files; do gzip -9c "$file" | wc -c; done | awk '{ sum += $1 } END { print sum }')
echo "The page is in $page: $((size / 1000)) kB gzipped."
