// The GPU: opening it, losing it, and what to do without it.

import { Device } from './page/page.js';
import { byId, element } from './dom.js';
import { changed, state } from './state.js';

const NO_WEBGPU = [
  'Chrome and Edge have it on Windows, macOS and Android. On Linux, open chrome://flags/#enable-unsafe-webgpu, enable it and start the browser again.',
  'Safari has it from version 26 on, and Firefox in its current versions on Windows and on macOS.',
];
const NO_ADAPTER = [
  'In Chrome and Edge, chrome://gpu says why, and “Use graphics acceleration” in the settings must be on.',
  'A new driver, or a start of the browser with --enable-unsafe-webgpu, often helps.',
];

export async function open() {
  byId('notice').hidden = true;
  if (!navigator.gpu && !window.isSecureContext) {
    return explain('Browsers offer WebGPU to secure pages only.', [
      'Open this page over HTTPS, or from localhost or 127.0.0.1.',
    ]);
  }
  if (!navigator.gpu) return explain('This browser has no WebGPU, or it is switched off.', NO_WEBGPU);
  try {
    const adapter = await navigator.gpu.requestAdapter();
    if (!adapter) return explain('This browser has WebGPU, but it found no GPU that it may use.', NO_ADAPTER);
    state.device = await Device.open(lost);
    state.isSoftware = adapter.info.isFallbackAdapter ?? adapter.isFallbackAdapter ?? false;
    state.adapter = name(adapter.info) + (state.isSoftware ? ', a software adapter' : '');
    byId('adapter').textContent = `GPU: ${state.adapter}.`;
  } catch (error) {
    return explain('The GPU could not be opened.', [error.message]);
  }
  changed({ list: true });
}

function name({ description, vendor, architecture }) {
  return description || [vendor, architecture].filter(Boolean).join(' ') || 'an adapter without a name';
}

function explain(problem, advice) {
  state.device = null;
  byId('adapter').textContent = 'No GPU.';
  const notice = byId('notice');
  notice.replaceChildren(
    element('strong', {}, problem),
    element('ul', {}, ...advice.map((line) => element('li', {}, line))),
    'Without it, this page still has the formulas, the kinks, the gradients and the WGSL.',
  );
  notice.hidden = false;
  changed({ list: true });
}

function lost(reason) {
  state.device = null;
  byId('adapter').textContent = 'The GPU is lost.';
  const again = element('button', { type: 'button', onclick: open }, 'Open the GPU again');
  byId('notice').replaceChildren(
    element('p', {}, element('strong', {}, 'The browser has taken the GPU away. '), reason || 'It gave no reason.'),
    again,
  );
  byId('notice').hidden = false;
  changed({ list: true });
}

// The message of an error while computing. That the device is lost is no fault of the page: the notice
// says it, too.
export function report(error) {
  if (!error.message.includes('the device is lost')) console.error(error);
  return error.message;
}
