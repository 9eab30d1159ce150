// Measures how fast the chosen functions are on this GPU, beside a copy, by size.

import { byId, copyButton, element, fillTable, option } from './dom.js';
import { report } from './gpu.js';
import { format, median, seconds } from './numbers.js';
import { drawn, label, onChange, state } from './state.js';

const POWERS = [12, 14, 16, 18, 20, 22, 24, 26];
const USUAL = { smallest: 16, largest: 24, ofSoftware: 20 };
// Each kernel and its copy run this often in turns. The median counts.
const TURNS = 5;
// A turn lasts at least this many steps of the clock, and this many seconds.
const STEPS = 50;
const LEAST = 2e-3;
// Rows of 1024 elements.
const ROW = 10;

let isStopped = false;
let isRunning = false;
let measured = null;

export function start() {
  byId('measure-form').addEventListener('submit', (event) => {
    event.preventDefault();
    measure();
  });
  byId('stop').addEventListener('click', () => {
    isStopped = true;
    byId('stop').disabled = true;
    byId('measure-status').textContent = 'Stopping after this kernel …';
  });
  copyButton(byId('copy-results'), asText);
  onChange(({ list }) => list && offer());
}

// Offers the sizes that the device has room for.
function offer() {
  if (isRunning) return;
  const most = state.device?.mostElements ?? 2 ** POWERS.at(-1);
  const sizes = POWERS.filter((power) => 2 ** power <= most);
  for (const [id, usual] of [
    ['smallest', USUAL.smallest],
    ['largest', state.isSoftware ? USUAL.ofSoftware : USUAL.largest],
  ]) {
    const before = byId(id).value;
    byId(id).replaceChildren(...sizes.map((power) => option(power, size(power))));
    byId(id).value = before && state.device && sizes.includes(Number(before)) ? before : usual;
  }
  const isReady = state.device && drawn().length;
  byId('start').disabled = !isReady;
  if (!measured)
    byId('measure-status').textContent = isReady
      ? ''
      : state.device
        ? 'Choose a function to measure.'
        : 'There is nothing to measure without a GPU.';
}

const size = (power) => `2^${power} = ${(2 ** power).toLocaleString('en')}`;

async function measure() {
  const [smallest, largest] = ['smallest', 'largest'].map((id) => Number(byId(id).value));
  const powers = POWERS.filter((power) => smallest <= power && power <= largest);
  const passes = ['forward', 'backward'].filter((pass) => byId(pass).checked);
  if (!powers.length || !passes.length) {
    byId('measure-status').textContent = passes.length
      ? 'The last size must not be smaller than the first one.'
      : 'Choose forward, backward or both.';
    return;
  }
  const { device } = state;
  const kernels = passes.flatMap((pass) =>
    drawn().map((entry) => ({ pass, name: label(entry), chosen: entry.chosen })),
  );
  measured = { powers, kernels, cells: new Map(), clock: await device.clock(), adapter: state.adapter };
  byId('clock').textContent = clockText(measured.clock);
  const work = powers.flatMap((power) => kernels.map((kernel) => ({ kernel, power })));
  begin(work.length);
  show();
  const begun = performance.now();
  let status = '';
  try {
    for (const [done, { kernel, power }] of work.entries()) {
      byId('measure-status').textContent = `${kernel.name} ${kernel.pass}, ${size(power)} elements …`;
      // The browser draws the progress before the next kernel.
      await new Promise(requestAnimationFrame);
      const cell = await device.measure(
        kernel.chosen,
        kernel.pass === 'backward',
        2 ** (power - ROW),
        TURNS,
        leastOf(measured.clock),
      );
      measured.cells.set(cellKey(kernel, power), { ...cell, power });
      byId('progress').value = done + 1;
      show();
      if (isStopped) break;
    }
    const took = format((performance.now() - begun) / 1000, 2);
    status = isStopped
      ? 'Stopped. The table has what was measured before.'
      : `Measured in ${took} s, on ${measured.adapter}.`;
  } catch (error) {
    status = report(error);
  }
  device.freeMemory();
  end(status);
}

function begin(length) {
  [isStopped, isRunning] = [false, true];
  byId('start').disabled = true;
  byId('stop').disabled = false;
  byId('progress').max = length;
  byId('progress').value = 0;
}

function end(status) {
  isRunning = false;
  byId('stop').disabled = true;
  byId('copy-results').disabled = !measured.cells.size;
  offer();
  byId('measure-status').textContent = status;
}

const cellKey = ({ pass, name }, power) => `${pass} ${name} ${power}`;

function clockText({ hasTimestamps, step }) {
  const steps = step > 0 ? ` in steps of ${seconds(step)}` : '';
  const clock = hasTimestamps
    ? `Times are the GPU’s timestamps${steps}.`
    : `This browser has no timestamps: times are those of submissions by the browser’s clock${steps}, less that of an empty one.`;
  return `${clock} Each turn lasts at least ${seconds(leastOf({ step }))}.`;
}

const leastOf = ({ step }) => Math.max(LEAST, STEPS * step);

// A row for each kind of copy and for each kernel: the speed relative to the copy, and bytes by time.
function rows() {
  const { powers, kernels, cells } = measured;
  const rate = (bytes, time) => (time > 0 ? `${format(bytes / time / 1e9, 3)} GB/s` : 'too fast for this clock');
  const all = [...cells.values()];
  const copies = [...new Set(all.map(({ reads }) => reads))].sort().map((reads) => [
    `copy: ${reads} read, 1 written`,
    ...powers.map((power) => {
      const same = all.filter((cell) => cell.reads === reads && cell.power === power);
      return same.length ? ['1.00', rate(same[0].bytes, median(same.map(({ copy }) => median(copy))))] : null;
    }),
  ]);
  const own = kernels.map((kernel) => [
    `${kernel.name} ${kernel.pass}`,
    ...powers.map((power) => {
      const cell = cells.get(cellKey(kernel, power));
      if (!cell) return null;
      const ratio = median(cell.own.map((time, turn) => time / cell.copy[turn]));
      return [Number.isFinite(ratio) ? ratio.toFixed(2) : '–', rate(cell.bytes, median(cell.own))];
    }),
  ]);
  return [...copies, ...own];
}

function show() {
  const head = ['time over that of a copy', ...measured.powers.map((power) => `2^${power}`)];
  const body = rows().map(([name, ...cells]) => [
    name,
    ...cells.map((cell) => (cell ? element('span', {}, `${cell[0]} `, element('small', {}, cell[1])) : '…')),
  ]);
  fillTable(byId('results'), [head, ...body]);
}

// The table in Markdown.
function asText() {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const head = ['time over that of a copy', ...measured.powers.map((power) => `2^${power}`)];
  const body = rows().map(([name, ...cells]) =>
    line([name, ...cells.map((cell) => (cell ? `${cell[0]} (${cell[1]})` : ''))]),
  );
  return [
    `${measured.adapter}. ${clockText(measured.clock)} Tensors of f32, by their elements.`,
    '',
    line(head),
    line(head.map(() => '---')),
    ...body,
    '',
  ].join('\n');
}
