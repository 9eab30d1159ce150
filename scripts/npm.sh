#!/usr/bin/env bash
# npm.sh: builds the npm package of npm/ into target/npm/package, and packs it into target/npm. Installs what is
# missing.
set -euo pipefail
cd "$(dirname "$0")/.."
crate=target/npm/crate
package=target/npm/package

scripts/node.sh "the package is packed by npm"

# The package is built from a copy of the crate without what it never shows: the comments of shaders and the prose of
# the lists. They are a seventh of its size.
rm -rf "$crate" "$package" target/npm/*.tgz
mkdir -p "$crate" "$package"
cp -R src shaders docs README.md npm "$crate"
# Without the list of examples, whose files are not there.
sed '/^\[\[/,$d' Cargo.toml >"$crate/Cargo.toml"
find "$crate/shaders" -name '*.wgsl' -exec sed -i 's: *//.*::; /^$/d' {} +
sed -i -E 's/^( *(source|strengths|weaknesses|used|kinks|conventions): )".*",$/\1"",/' "$crate"/src/*/list.rs

scripts/wasm.sh "$crate/npm" "$package" --no-names
cp npm/*.js npm/index.d.ts npm/package.json npm/README.md LICENSE-* "$package"
(cd "$package" && npm pack --silent --pack-destination ..)

size=$(for file in "$package"/*.js "$package"/*.wasm; do gzip -9c "$file" | wc -c; done | awk '{ sum += $1 } END { print sum }')
echo "The package is $(ls target/npm/*.tgz): $size bytes of code, gzipped."
if [ "$size" -gt 185000 ]; then
  echo "error: the package may have 185000 bytes of code" >&2
  exit 1
fi
