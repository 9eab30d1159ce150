// Errors in ulp over x, beside those of the textbook's formula, and those of the device's own functions.

import { Chosen } from './page/page.js';
import { byId, element, emptyTable, fillTable, oneAtATime, option, setOptions } from './dom.js';
import { report } from './gpu.js';
import { format, ulps } from './numbers.js';
import { Plot } from './plot.js';
import { drawn, label, onChange, state } from './state.js';

const BINS = 480;
// Errors are drawn on a logarithmic axis: those below its beginning at its beginning, and results that no
// number of ulp excuses at its end.
const [LEAST, WRONG] = [0.1, 1e10];
const MOST = 1e8;

// The activations that are built-in functions of WGSL, or almost.
const BUILTINS = [
  ['exp', 'exp(x)'],
  ['log', 'log(x)'],
  ['tanh', 'tanh(x)'],
  ['sine', 'sin(x)'],
  ['cos', 'cos(x)'],
  ['atan', 'atan(x)'],
  ['sqrt', 'sqrt(x)'],
  ['rsqrt', 'inverseSqrt(x)'],
  ['reciprocal', '1 / x'],
];
const NEAR = [-10, 10];

let plot;
let isVisible = false;

export function start() {
  const axes = [
    {
      splits: (_, __, low, high) => xSplits(low, high),
      values: (uplot, splits) => splits.map((x) => xLabel(x)),
      filter: (_, splits) => splits,
    },
    { splits: () => ySplits(), values: (_, splits) => splits.map(yLabel), filter: (_, splits) => splits },
  ];
  plot = new Plot(byId('errors-plot'), {
    axes,
    yDistribution: 3,
    xText: (x) => `x = ${xLabel(x, 4)}`,
    yText: (y) => (y >= WRONG ? 'wrong' : y <= LEAST ? `≤ ${LEAST}` : format(y, 3)),
  });
  byId('errors-form').addEventListener('input', draw);
  byId('errors-form').addEventListener('submit', (event) => event.preventDefault());
  byId('builtins').addEventListener('click', compareBuiltins);
  onChange(() => {
    setOptions(
      byId('errors-of'),
      drawn().map((entry) => option(entry.id, label(entry))),
    );
    byId('errors-of').disabled = !drawn().length;
    byId('builtins').disabled = !state.device;
    draw();
  });
  // Errors are computed once somebody looks at them.
  new IntersectionObserver(([{ isIntersecting }]) => {
    isVisible = isIntersecting;
    if (isVisible) draw();
  }).observe(byId('errors'));
}

const isEverywhere = () => byId('errors-over').value === 'all';

// Among all f32 numbers, a position is the rank of a number, from -1 to 1.
const bits = new DataView(new ArrayBuffer(4));
const MOST_RANK = 0x7f7fffff;

function positionOf(x) {
  bits.setFloat32(0, Math.abs(x));
  return (Math.sign(x) * bits.getUint32(0)) / MOST_RANK;
}

function numberAt(position) {
  bits.setUint32(0, Math.round(Math.abs(position) * MOST_RANK));
  return Math.sign(position) * bits.getFloat32(0);
}

function xSplits(low, high) {
  if (isEverywhere()) {
    const powers = innerWidth < 700 ? [-20, 0, 20] : [-30, -20, -10, 0, 10, 20, 30];
    const positive = powers.map((power) => positionOf(10 ** power));
    return [...positive.map((position) => -position).reverse(), 0, ...positive];
  }
  const rough = (high - low) / (innerWidth < 700 ? 4 : 10);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough);
  return Array.from(
    { length: Math.floor(high / step) - Math.ceil(low / step) + 1 },
    (_, k) => (Math.ceil(low / step) + k) * step,
  );
}

function xLabel(x, digits = 3) {
  if (!isEverywhere()) return format(x, digits);
  const number = numberAt(x);
  const isPlain = number === 0 || Math.abs(number).toPrecision(2) === '1.0';
  return isPlain
    ? format(number, 1)
    : number
        .toExponential(digits > 3 ? 2 : 0)
        .replace('+', '')
        .replaceAll('-', '−');
}

function ySplits() {
  return [0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, WRONG];
}

function yLabel(y) {
  if (y === WRONG) return 'wrong';
  return y < 1e4 ? String(y) : `1e${Math.round(Math.log10(y))}`;
}

const onAxis = (error) => (error === Infinity ? WRONG : Math.min(Math.max(error, LEAST), MOST));

const draw = oneAtATime(async () => {
  if (!isVisible) return;
  const entry = drawn().find(({ id }) => String(id) === byId('errors-of').value);
  const problem = !entry
    ? 'Choose a function, or type an expression.'
    : !state.device
      ? 'There are no errors to measure without a GPU.'
      : null;
  byId('errors-formula').textContent = '';
  if (problem) {
    emptyTable(byId('errors-table'));
    return plot.say(problem);
  }
  const { chosen, key } = entry;
  const order = Number(byId('errors-order').value);
  const [low, high] = isEverywhere() ? [0, 0] : state.range;
  const name = order ? 'f′' : 'f';
  try {
    const errors = await state.device.errors(chosen, order, low, high, BINS);
    if (!errors) return plot.say(`This function has no ${name}.`);
    const row = state.functions.find((each) => each.key === key);
    show(errors, name, isEverywhere() ? [-1, 1] : [low, high], row?.ulps[order]);
  } catch (error) {
    plot.say(report(error));
  }
});

function show({ positions, ours, textbook, ourWorst, textbookWorst, formula }, name, x, bound) {
  const dots = (label, colour, values) => ({ label, colour, dots: true, values: Array.from(values, onAxis) });
  const series = [
    ...(textbook ? [dots('textbook', 'var(--textbook)', textbook)] : []),
    dots('this crate', 'var(--curve-0)', ours),
  ];
  const rows = [['', 'largest error', 'at x', 'got', 'true value']];
  const line = (label, { error, x: at, got, wanted }) =>
    rows.push([
      label,
      `${ulps(error)}${error === Infinity ? '' : ' ulp'}`,
      format(at, 9),
      format(got, 9),
      format(wanted, 12),
    ]);
  line('this crate', ourWorst);
  if (textbookWorst) line('textbook', textbookWorst);
  const summary = `Errors of ${name}: ${rows
    .slice(1)
    .map((cells) => `${cells[0]} at most ${cells[1]}, at x = ${cells[2]}`)
    .join('; ')}.`;
  const levels = bound ? [{ y: bound, colour: 'var(--quiet)' }] : [];
  plot.show({ xs: Array.from(positions), x, y: [LEAST / 1.5, WRONG * 10], series, levels, summary });
  fillTable(byId('errors-table'), rows);
  const tested =
    bound === undefined
      ? []
      : [
          bound === 0
            ? 'This crate promises no error at all.'
            : `The dashed line is what this crate promises: ${format(bound, 3)} ulp.`,
        ];
  const textbookText = formula
    ? [`The textbook’s formula is ${formula}.`]
    : ['There is no other formula to compare with.'];
  byId('errors-formula').textContent = [...textbookText, ...tested].join(' ');
}

async function compareBuiltins() {
  byId('builtins').disabled = true;
  const rows = [['', 'for x from −10 to 10', 'for all f32', 'this crate, −10 to 10', 'this crate, all f32']];
  try {
    for (const [activation, builtin] of BUILTINS) {
      byId('builtins-status').textContent = `Computing ${builtin} …`;
      const chosen = new Chosen(activation, undefined, [], new Float32Array());
      const near = await state.device.errors(chosen, 0, ...NEAR, BINS);
      const all = await state.device.errors(chosen, 0, 0, 0, BINS);
      const cell = ({ error, x }) =>
        element(
          'span',
          error > 4 ? { className: 'bad' } : {},
          ulps(error),
          element('small', {}, ` at ${format(x, 4)}`),
        );
      rows.push([
        element('code', {}, builtin),
        cell(near.textbookWorst),
        cell(all.textbookWorst),
        cell(near.ourWorst),
        cell(all.ourWorst),
      ]);
      fillTable(byId('builtins-table'), rows);
    }
    byId('builtins-status').textContent =
      `Largest errors in ulp, each with its x, on ${state.adapter}. “Wrong” is a NaN, an infinity or a 0 out of place.`;
  } catch (error) {
    byId('builtins-status').textContent = report(error);
  }
  byId('builtins').disabled = !state.device;
}
