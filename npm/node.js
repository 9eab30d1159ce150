// In Node, which fetches no files.
import { readFile } from 'node:fs/promises';
import { initSync } from './wgsl_activations.js';

initSync({ module: await readFile(new URL('wgsl_activations_bg.wasm', import.meta.url)) });

export * from './wgsl.js';
