#!/usr/bin/env bash
# web.sh: builds the page of examples/web into target/web/page. It installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
source=examples/web
page=target/web/page

scripts/node.sh "the page takes uPlot from npm"

rm -rf "$page"
mkdir -p "$page" target/web/npm
cp $source/package.json $source/package-lock.json $source/.npmrc target/web/npm
scripts/npm-ci.sh target/web/npm "uPlot and Playwright (npm packages uplot and playwright-core)"

scripts/wasm.sh $source $page/page
cp $source/index.html $source/style.css $source/*.js "$page"
cp target/web/npm/node_modules/uplot/dist/uPlot.esm.js target/web/npm/node_modules/uplot/dist/uPlot.min.css "$page"

files=$(find "$page" -type f)
size=$(for file in $files; do gzip -9c "$file" | wc -c; done | awk '{ sum += $1 } END { print sum }')
echo "The page is in $page: $((size / 1000)) kB gzipped."
