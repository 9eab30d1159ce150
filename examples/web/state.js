// Keeps what is chosen, and writes it into the page's address.

import { Chosen, withParameters } from './page/page.js';
import { shortest } from './numbers.js';

export const USUAL_RANGE = [-5, 5];
const COLOURS = 8;

export const state = {
  functions: [],
  range: [...USUAL_RANGE],
  // The functions that are drawn, each with its colour, and the expression that is being typed.
  entries: [],
  typed: null,
  // The device, while there is one, with the name of its adapter.
  device: null,
  adapter: '',
  isSoftware: false,
};

const listeners = [];

// Listeners are told whether the list of functions has changed, or else only their parameters or the
// range.
export function onChange(listener) {
  listeners.push(listener);
}

export function changed({ list = false } = {}) {
  for (const listener of listeners) listener({ list });
  writeAddress();
}

// All that is drawn.
export const drawn = () => [...state.entries, ...(state.typed ? [state.typed] : [])];

export const label = (entry) => entry.chosen.text;

export const colour = (entry) => `var(--curve-${entry.colour})`;

// The first colour that is free. Once all are taken, further curves are dashed.
function freeColour() {
  const taken = drawn().map((entry) => entry.colour);
  const free = [...Array(COLOURS).keys()].find((colour) => !taken.includes(colour));
  return { colour: free ?? taken.length % COLOURS, isDashed: free === undefined };
}

let entries = 0;

// An entry of a text. `axis` is the operand of an expression that is drawn along x.
export function entryOf(text, axis, operands = {}) {
  const chosen = new Chosen(text, axis, Object.keys(operands), Float32Array.from(Object.values(operands)));
  const values = Object.fromEntries(chosen.operands.map(({ name, value }) => [name, shortest(value)]));
  entries += 1;
  return {
    id: entries,
    ...freeColour(),
    source: text,
    chosen,
    key: chosen.key,
    operands: values,
    values: [...chosen.values].map(shortest),
  };
}

export function add(entry) {
  state.entries.push(entry);
}

export function remove(entry) {
  state.entries = state.entries.filter((other) => other !== entry);
}

// Makes the function anew after a parameter, an operand or the axis has changed. It throws if the crate
// refuses the value, and then nothing changes.
export function update(entry, { values = entry.values, operands = entry.operands, axis = entry.chosen.axis }) {
  const text = entry.key ? withParameters(entry.key, Float32Array.from(values)) : entry.source;
  entry.chosen = new Chosen(text, axis, Object.keys(operands), Float32Array.from(Object.values(operands)));
  entry.values = values;
  entry.operands = Object.fromEntries(entry.chosen.operands.map(({ name, value }) => [name, shortest(value)]));
}

// The address has the functions, the typed expression and the range, so that it can be kept or sent. The
// operands of an expression follow its text: first the one along x, then the others with their values.
const SEPARATOR = '|';

function toAddress({ key, chosen, source, operands }) {
  if (key) return chosen.text;
  return [source, chosen.axis, ...Object.entries(operands).map((pair) => pair.join('='))].join(SEPARATOR);
}

function fromAddress(address) {
  const [text, axis, ...pairs] = address.split(SEPARATOR);
  const operands = pairs.map((pair) => pair.split('=')).map(([name, value]) => [name, Number(value)]);
  return entryOf(text, axis, Object.fromEntries(operands));
}

function writeAddress() {
  const address = new URLSearchParams();
  for (const entry of state.entries) address.append('f', toAddress(entry));
  if (state.typed) address.set('type', toAddress(state.typed));
  if (String(state.range) !== String(USUAL_RANGE)) address.set('x', state.range.join());
  history.replaceState(null, '', `?${address}${location.hash}`);
}

// Reads the address, and returns what is typed. What is no function any more is left out.
export function readAddress() {
  const address = new URLSearchParams(location.search);
  const range = (address.get('x') ?? '').split(',').map(Number);
  if (range.length === 2 && range[0] < range[1]) state.range = range;
  for (const text of address.size ? address.getAll('f') : ['gelu', 'silu', 'relu'])
    attempt(() => add(fromAddress(text)));
  attempt(() => (state.typed = address.has('type') ? fromAddress(address.get('type')) : null));
  return (address.get('type') ?? '').split(SEPARATOR)[0];
}

function attempt(task) {
  try {
    task();
  } catch (error) {
    console.warn(error.message);
  }
}
