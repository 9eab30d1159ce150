// Runs a case in a worker. The answer is empty, or the error.
import init, { run } from './pkg/wgpu_activations_in_browser.js';
await init();
postMessage(await run('calls::every_other_call').then(() => '', String));
