#!/usr/bin/env bash
# test-npm.sh: builds the npm package, installs it from its file into an empty folder, and tries it: in Node,
# where its texts run on Dawn, and in Chromium. TypeScript checks its types. Installs what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
test=target/npm/test

if cargo tree --manifest-path npm/Cargo.toml --locked --target all --edges normal --prefix none | grep '^\(wgpu\|naga\) '; then
  echo "error: the package depends on wgpu" >&2
  exit 1
fi
scripts/npm.sh

scripts/chromium.sh

tools=target/npm/tools
mkdir -p "$tools"
cp npm/test/package.json npm/test/package-lock.json npm/test/.npmrc "$tools"
scripts/npm-ci.sh "$tools" "TypeScript, Dawn and Playwright (npm packages typescript, webgpu and playwright-core)"

rm -rf "$test"
mkdir -p "$test"
cp npm/test/*.mjs npm/test/*.mts npm/test/index.html examples/web/serve.mjs "$test"
echo '{ "private": true }' >"$test/package.json"
# The ten lines of the README are a test, too.
sed -n '/^```js$/,/^```$/p' npm/README.md | grep -v '^```' >"$test/readme.mjs"
# What the command prints, the package prints.
cargo run --quiet --example wgsl -- gelu 'elu(alpha=0.5)' swiglu softmax --prefix wa_ --name gelu=mine --forward --vec4 --f16 --no-comments >"$test/functions.wgsl"
cargo run --quiet --example wgsl -- 'x * sigmoid(1.5 * x)' --no-comments >"$test/expression.wgsl"
cargo run --quiet --example wgsl -- relu tanh 'leaky_relu(0.2)' --switch --no-comments >"$test/switch.wgsl"
# Dawn takes a newer driver than that of Debian's release.
drivers=$(scripts/adapters.sh | cut -f 2 | head -n 1)
(
  cd "$test"
  npm install --silent --offline --no-audit --no-fund ../wgsl-activations-*.tgz
  node test.mjs
  node readme.mjs
  ../tools/node_modules/.bin/tsc --noEmit --strict --module nodenext --target esnext types.mts
  # The package stands alone in its folder; the tools come from beside it.
  ln -s "$PWD"/../tools/node_modules/{webgpu,playwright-core} node_modules
  VK_DRIVER_FILES=$drivers node dawn.mjs
  node chromium.mjs .
)
