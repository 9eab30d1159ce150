// Starts the page: the list first, which needs no GPU, and then the GPU.

import init, { functions } from './page/page.js';
import * as cards from './cards.js';
import * as code from './code.js';
import * as curves from './curves.js';
import { byId } from './dom.js';
import * as errors from './errors.js';
import * as expression from './expression.js';
import { open } from './gpu.js';
import * as list from './list.js';
import * as measure from './measure.js';
import { readAddress, state } from './state.js';

try {
  await init({ module_or_path: new URL('page/page_bg.wasm', import.meta.url) });
  state.functions = [...functions()];
  const typed = readAddress();
  for (const part of [list, curves, cards, errors, measure, code]) part.start();
  expression.start(typed);
  await open();
} catch (error) {
  console.error(error);
  byId('adapter').textContent = `The page could not start: ${error.message}`;
}
