// The curves of f, f' and f'', computed on the GPU, their kinks, and the values at one x.

import { byId, element, emptyTable, fillTable, oneAtATime } from './dom.js';
import { report } from './gpu.js';
import { format, ulps } from './numbers.js';
import { Plot } from './plot.js';
import { USUAL_RANGE, changed, colour, drawn, label, onChange, state } from './state.js';

const NAMES = ['f', 'f′', 'f″'];
// Several samples for each pixel.
const SAMPLES = 1600;
// More kinks of one function cannot be told apart.
const MOST_KINKS = 24;
// Large values are cut off where they would flatten the other curves.
const LEAST_LIMIT = 6;
const MARGIN = 0.06;
const DASH = [8, 5];

let plots;

export function start() {
  const nodes = [...document.querySelectorAll('.panels .plot')];
  plots = nodes.map(
    (node) =>
      new Plot(node, { key: 'curves', onZoom: setRange, onReset: () => setRange(...USUAL_RANGE), onClick: setAt }),
  );
  byId('range').addEventListener('submit', (event) => {
    event.preventDefault();
    const [low, high] = [byId('low').valueAsNumber, byId('high').valueAsNumber];
    const isRange = Math.fround(low) < Math.fround(high);
    byId('high').setCustomValidity(isRange ? '' : 'The end must be greater than the beginning.');
    if (isRange) setRange(low, high);
    else byId('high').reportValidity();
  });
  byId('range').addEventListener('input', () => byId('high').setCustomValidity(''));
  byId('zoom-in').addEventListener('click', () => zoom(0.5));
  byId('zoom-out').addEventListener('click', () => zoom(2));
  byId('zoom-reset').addEventListener('click', () => setRange(...USUAL_RANGE));
  byId('at').addEventListener('input', readValues);
  onChange(draw);
  onChange(readValues);
}

function setRange(low, high) {
  // Fewer digits than a pixel needs would be lost on the page's address.
  const digits = Math.min(
    15,
    4 + Math.max(0, Math.ceil(Math.log10(Math.max(Math.abs(low), Math.abs(high)) / (high - low)))),
  );
  const [from, to] = [low, high].map((end) => Number(end.toPrecision(digits)));
  // Between neighbouring f32 numbers there is nothing to see.
  if (!(Math.fround(from) < Math.fround(to)) || Math.abs(from) > 1e30 || Math.abs(to) > 1e30) return;
  state.range = [from, to];
  changed();
}

function zoom(factor) {
  const [low, high] = state.range;
  const [middle, half] = [(low + high) / 2, ((high - low) / 2) * factor];
  setRange(middle - half, middle + half);
}

function setAt(x) {
  const [low, high] = state.range;
  const digits = Math.max(1, Math.ceil(Math.log10((1000 * Math.max(Math.abs(x), 1e-30)) / (high - low))));
  byId('at').value = Number(x.toPrecision(Math.min(digits, 9)));
  readValues();
}

const draw = oneAtATime(async () => {
  const [low, high] = state.range;
  [byId('low').value, byId('high').value] = state.range;
  const curves = drawn().map((entry) => {
    const { chosen } = entry;
    return { entry, chosen, kinks: chosen.kinks(low, high) };
  });
  listKinks(curves);
  byId('legend').replaceChildren(
    ...drawn().map((entry) =>
      element('li', { style: `--curve: ${colour(entry)}`, className: entry.isDashed ? 'dashed' : '' }, label(entry)),
    ),
  );
  if (!curves.length) return plots.forEach((plot) => plot.say('Choose a function, or type an expression.'));
  if (!state.device) return plots.forEach((plot) => plot.say('There are no curves without a GPU.'));
  const shown = curves.map((curve) => (curve.kinks.length > MOST_KINKS ? { ...curve, kinks: [] } : curve));
  const xs = samples(
    low,
    high,
    shown.flatMap(({ kinks }) => kinks),
  );
  try {
    for (const curve of shown) curve.values = await state.device.curves(curve.chosen, xs);
  } catch (error) {
    const message = report(error);
    return plots.forEach((plot) => plot.say(message));
  }
  plots.forEach((plot, order) => plot.show(picture(shown, order, [...xs], [low, high])));
  document.documentElement.dataset.firstCurve ??= Math.round(performance.now());
});

// The numbers of x: evenly spaced ones, and those at and beside kinks.
function samples(low, high, kinks) {
  const xs = Array.from({ length: SAMPLES + 1 }, (_, sample) => low + ((high - low) * sample) / SAMPLES);
  for (const { x, before, after } of kinks) xs.push(...[before, x, after].filter((k) => low <= k && k <= high));
  return Float32Array.from(new Set(Float32Array.from(xs).sort()));
}

function picture(curves, order, xs, x) {
  const marks = [];
  const series = curves
    .filter(({ values }) => values[order])
    .map(({ entry, chosen, kinks, values }) => {
      const curve = Array.from(values[order], (value) => (Number.isFinite(value) ? value : null));
      const mark = (at, kind) =>
        at >= 0 && curve[at] !== null && marks.push({ x: xs[at], y: curve[at], kind, colour: colour(entry) });
      for (const kink of kinks) {
        const [before, at, after] = [kink.before, kink.x, kink.after].map((k) => xs.indexOf(Math.fround(k)));
        const jump = kink.jumps.find((other) => other.order === order);
        if (jump) {
          // The value at the jump is a dot. An end of the curve that differs from it is a circle.
          if (jump.left !== jump.at) mark(before, 'circle');
          if (jump.right !== jump.at) mark(after, 'circle');
          mark(at, 'dot');
          if (at >= 0) curve[at] = null;
        } else if (kink.jumps.some((other) => other.order === order + 1)) {
          mark(at, 'kink');
        }
      }
      return { label: chosen.text, colour: colour(entry), dash: entry.isDashed ? DASH : undefined, values: curve };
    });
  const names = series.map((each) => each.label).join(', ');
  const summary = series.length
    ? `${NAMES[order]} of ${names}, for x from ${x[0]} to ${x[1]}.`
    : `None of these functions has ${NAMES[order]}.`;
  return { xs, x, y: yRange(series, x), series, marks, summary };
}

// The range of values that covers 0 and the curves, as far as these do not flatten each other.
function yRange(series, [low, high]) {
  const limit = Math.max(LEAST_LIMIT, 1.2 * Math.max(Math.abs(low), Math.abs(high)));
  let [least, most] = [Infinity, -Infinity];
  for (const { values } of series) {
    const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
    if (!sorted.length) continue;
    const middle = sorted[sorted.length >> 1];
    least = Math.min(least, middle, Math.max(sorted[0], -limit));
    most = Math.max(most, middle, Math.min(sorted.at(-1), limit));
  }
  if (least > most) return [-1, 1];
  const margin = (most - least) * MARGIN || Math.max(Math.abs(most), 1) * MARGIN;
  return [least - margin, most + margin];
}

function listKinks(curves) {
  const lines = curves.flatMap(({ chosen, kinks }) => {
    if (kinks.length > MOST_KINKS) return [`${chosen.text} has ${kinks.length} of them, too many to mark.`];
    return kinks.map(({ x, jumps }) => `${chosen.text} at x = ${format(x, 6)}: ${jumps.map(sentence).join('; ')}.`);
  });
  if (!lines.length) lines.push('There are none.');
  byId('kinks').replaceChildren(...lines.map((line) => element('li', {}, line)));
}

function sentence({ order, left, at, right }) {
  const name = NAMES[order];
  const number = (value) => format(value, 5);
  if (Object.is(left, right) || left === right)
    return `${name} is ${number(left)} on both sides, and ${number(at)} there`;
  return `${name} jumps from ${number(left)} to ${number(right)}, and is ${number(at)} there`;
}

const readValues = oneAtATime(async () => {
  const x = Math.fround(byId('at').valueAsNumber);
  const [table, entries] = [byId('values'), drawn()];
  if (!state.device || !entries.length || !Number.isFinite(x)) return emptyTable(table);
  const rows = [['', ...NAMES.flatMap((name) => [name, 'in f64', ...(name === NAMES[2] ? [] : ['ulp'])])]];
  try {
    for (const entry of entries) {
      const values = await state.device.at(entry.chosen, x);
      const cells = [...values].flatMap((value, order) => {
        const error = order === 2 ? [] : [value ? ulps(value.error) : '–'];
        return value ? [format(value.got, 9), format(value.wanted, 12), ...error] : ['–', '–', ...error];
      });
      rows.push([label(entry), ...cells]);
    }
    fillTable(table, rows);
  } catch (error) {
    emptyTable(table, report(error));
  }
});
