// Computes in headless Chromium, on SwiftShader: node chromium.mjs FOLDER. The folder has the installed package.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

const { address, close } = await serve(process.argv[2], 0);
const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync);
// Without a GPU Chromium has WebGPU on SwiftShader only, and only if this is asked for.
const browser = await chromium.launch({ executablePath, args: ['--enable-unsafe-webgpu', '--no-sandbox'] });
const page = await browser.newPage();
await page.goto(`${address}index.html`);
const got = await page.evaluate(async () => {
  const { complaints } = await import('./compute.mjs');
  const adapter = await navigator.gpu.requestAdapter();
  return complaints(await adapter.requestDevice());
});
assert.deepEqual(got, []);
console.log(`npm: Chromium ${browser.version()} computes what it must`);
await browser.close();
close();
