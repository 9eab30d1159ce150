// Shows the chosen functions: their parameters as sliders, and what the list says about each.

import { byId, element } from './dom.js';
import { format } from './numbers.js';
import { changed, colour, drawn, label, onChange, remove, state, update } from './state.js';

export function start() {
  onChange(({ list }) => list && show());
}

function show() {
  const cards = state.entries.map(card);
  byId('cards').replaceChildren(
    ...(cards.length
      ? cards
      : [element('p', { className: 'hint' }, drawn().length ? 'Only the expression is drawn.' : 'Nothing is chosen.')]),
  );
}

function card(entry) {
  const title = element('h4', {}, label(entry));
  const close = element('button', { type: 'button', 'aria-label': `Remove ${label(entry)}` }, 'Remove');
  close.addEventListener('click', () => {
    remove(entry);
    changed({ list: true });
  });
  const sliders = slidersOf(entry, () => (title.textContent = label(entry)));
  const row = state.functions.find(({ key }) => key === entry.key);
  const facts = row ? factsOf(row) : factsOfExpression(entry);
  const list = element(
    'dl',
    {},
    ...facts.flatMap(([name, text]) => [element('dt', {}, name), element('dd', {}, text)]),
  );
  // On a phone, the facts of some functions would fill many screens.
  const open = matchMedia('(min-width: 48rem)').matches;
  const about = element('details', { open }, element('summary', {}, 'About it'), list);
  return element(
    'article',
    { className: 'card', style: `--curve: ${colour(entry)}` },
    element('header', {}, title, close),
    ...sliders,
    about,
  );
}

function factsOf(row) {
  const [forward, backward] = row.ulps;
  const learnable = row.parameters.filter((parameter) => parameter.learnable);
  return [
    ['f(x)', element('code', {}, row.formula)],
    ['f′(x)', element('code', {}, row.derivative)],
    ['At kinks', row.kinks],
    ['For it', row.strengths],
    ['Against it', row.weaknesses],
    ['Learns', learnable.map(({ name }) => name).join(', ')],
    ['Used in', row.used],
    ['From', row.source],
    ['Also called', row.aliases.join(', ')],
    ['Errors', `f within ${format(forward, 3)} ulp, f′ within ${format(backward, 3)} ulp`],
  ].filter(([, text]) => text !== '');
}

function factsOfExpression(entry) {
  return [['Gradient', element('code', {}, entry.chosen.gradient)]];
}

// Sliders for the parameters of an activation, or for the other operands of an expression, and a line for
// what is wrong with their values.
export function slidersOf(entry, onUpdate = () => {}) {
  const problem = element('p', { className: 'problem', role: 'status' });
  const row = state.functions.find(({ key }) => key === entry.key);
  const set = (change) => {
    try {
      update(entry, change);
      problem.textContent = '';
      onUpdate();
      changed();
    } catch (error) {
      problem.textContent = error.message;
    }
  };
  const sliders = row
    ? row.parameters.map(({ name, ...parameter }, place) =>
        slider(entry, name, entry.values[place], parameter, (value) =>
          set({ values: entry.values.with(place, value) }),
        ),
      )
    : Object.entries(entry.operands).map(([name, value]) =>
        slider(entry, name, value, {}, (value) => set({ operands: { ...entry.operands, [name]: value } })),
      );
  return sliders.length ? [...sliders, problem] : [];
}

function slider(entry, name, value, { default: usual = 1, low = -Infinity, high = Infinity }, onValue) {
  const id = `entry-${entry.id}-${name}`;
  const reach = Math.max(2, 2 * Math.abs(usual));
  const step = 10 ** Math.floor(Math.log10(reach / 100));
  const [min, max] = [Math.max(low, usual - reach), Math.min(high, usual + reach)].map(
    (end) => Math.round(end / step) * step,
  );
  const bar = element('input', { type: 'range', min, max, step, id });
  const number = element('input', { type: 'number', step: 'any', 'aria-label': `${name} as a number` });
  bar.value = value;
  number.value = value;
  bar.addEventListener('input', () => {
    number.value = bar.value;
    onValue(bar.valueAsNumber);
  });
  number.addEventListener('input', () => {
    if (number.value === '') return;
    bar.value = number.value;
    onValue(number.valueAsNumber);
  });
  return element('div', { className: 'slider' }, element('label', { htmlFor: id }, name), bar, number);
}
