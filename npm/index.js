// In browsers and bundlers: the file is fetched from beside the module.
import init from './wgsl_activations.js';

await init();

export * from './wgsl.js';
