// The expression that is typed: its errors, its operands, its gradient.

import { slidersOf } from './cards.js';
import { byId, element, option } from './dom.js';
import { add, changed, entryOf, onChange, state, update } from './state.js';

const PREFIX = 'my_';

export function start(text) {
  for (const button of byId('examples').children) button.addEventListener('click', () => type(button.textContent));
  byId('text').addEventListener('input', () => read());
  onChange(({ list }) => list && showTyped());
  byId('text').value = text;
  read({ isQuiet: true });
}

function type(text) {
  byId('text').value = text;
  byId('text').focus();
  read();
}

// Reads what is typed. After a mistake the last curve stays, since most mistakes are half of a word.
function read({ isQuiet = false } = {}) {
  const text = byId('text').value;
  const before = state.typed;
  byId('problem').replaceChildren();
  if (!text.trim()) {
    state.typed = null;
  } else {
    try {
      const axis = before?.chosen.axis;
      state.typed = null;
      state.typed = entryOf(text, axis, before?.operands);
    } catch (error) {
      state.typed = before;
      explain(text, error);
      return;
    }
  }
  if (!isQuiet && (before || state.typed)) changed({ list: true });
}

// The message, and the text with a mark where it is wrong.
function explain(text, { message, start, end }) {
  const sentence = `${message[0].toUpperCase()}${message.slice(1)}.`;
  const parts = [element('span', {}, sentence)];
  if (start !== undefined) {
    // An error at the end marks a space behind the text.
    const marked = text.slice(start, end) || ' ';
    parts.push(
      element('code', {}, text.slice(0, start), element('mark', {}, marked), text.slice(Math.max(end, start))),
    );
  }
  byId('problem').replaceChildren(...parts);
}

function showTyped() {
  const { typed } = state;
  byId('typed').hidden = !typed;
  if (!typed) return byId('typed').replaceChildren();
  const { chosen } = typed;
  const gradient = element('code', {}, chosen.gradient);
  const parts = [
    element('div', { className: 'row' }, keepButton(), ...axisOf(typed)),
    ...slidersOf(typed),
    ...[...chosen.hints].map((hint) => element('p', { className: 'hint' }, `Hint: ${hint}.`)),
    element('p', {}, `The gradient with respect to ${chosen.axis} is `, gradient, '.'),
    element('details', {}, element('summary', {}, 'Both as WGSL'), wgslOf(chosen)),
  ];
  byId('typed').replaceChildren(...parts);
}

function keepButton() {
  const keep = element('button', { type: 'button' }, 'Keep this curve');
  keep.addEventListener('click', () => {
    add(state.typed);
    state.typed = null;
    byId('text').value = '';
    changed({ list: true });
    byId('text').focus();
  });
  return keep;
}

// A choice of the operand along x, if there are several.
function axisOf(entry) {
  const others = Object.keys(entry.operands);
  if (!others.length) return [];
  const select = element('select', { id: 'axis' }, ...[entry.chosen.axis, ...others].map((name) => option(name, name)));
  select.addEventListener('change', () => {
    const { [select.value]: _, ...operands } = { ...entry.operands, [entry.chosen.axis]: 1 };
    update(entry, { operands, axis: select.value });
    changed({ list: true });
    byId('axis').focus();
  });
  return [element('div', { className: 'field' }, element('label', { htmlFor: 'axis' }, 'Along x'), select)];
}

// The functions of the expression and of its gradients.
function wgslOf(chosen) {
  const own = chosen
    .wgsl(PREFIX, false)
    .match(new RegExp(`(?:^//.*\\n)*^fn ${PREFIX}(?:activation|expression)[^]*?^}\\n`, 'gm'));
  const text = `${own.join('\n')}\n// The section WGSL below has the functions that these call.\n`;
  return element('pre', { tabIndex: 0, 'aria-label': 'WGSL of the expression' }, element('code', {}, text));
}
