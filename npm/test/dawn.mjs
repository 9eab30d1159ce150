// Computes in Node, on Dawn.
import assert from 'node:assert/strict';
import { create } from 'webgpu';
import { complaints } from './compute.mjs';

// Global, since Dawn crashes once this is garbage.
globalThis.gpu = create(['backend=vulkan']);
const adapter = await gpu.requestAdapter();
assert.ok(adapter, 'Dawn finds no Vulkan adapter');
assert.deepEqual(await complaints(await adapter.requestDevice()), []);
console.log(`npm: Dawn on ${adapter.info.description} computes what it must`);
process.exit(); // Dawn keeps Node running.
