// A plot: uPlot with this page's colours, with marks where curves jump, and with a line of text for the
// values under the pointer.

import uPlot from './uPlot.esm.js';
import { element } from './dom.js';
import { format } from './numbers.js';

const RADIUS = 3.5;
// A pointer that moves less than this has clicked.
const CLICK = 4;

const plots = [];
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plots.forEach((plot) => plot.rebuild()));

// The colour that a custom property has at present. uPlot draws on a canvas, which knows no properties.
function resolved(colour) {
  const name = /^var\((--[\w-]+)\)$/.exec(colour)?.[1];
  return name ? getComputedStyle(document.documentElement).getPropertyValue(name).trim() : colour;
}

// A line that is interrupted where there is no value. uPlot's own one leaves traces in narrow gaps.
function linePath(uplot, series, from, to) {
  const [xs, values] = [uplot.data[0], uplot.data[series]];
  const stroke = new Path2D();
  let isDrawing = false;
  for (let sample = from; sample <= to; sample += 1) {
    const value = values[sample];
    if (value != null) {
      const [left, top] = [uplot.valToPos(xs[sample], 'x', true), uplot.valToPos(value, 'y', true)];
      if (isDrawing) stroke.lineTo(left, top);
      else stroke.moveTo(left, top);
    }
    isDrawing = value != null;
  }
  return { stroke, flags: 0 };
}

export class Plot {
  // `options` has `axes` as uPlot takes them, the `yDistribution`, a `key` to share the pointer with other
  // plots, `xText` and `yText` for the values under the pointer, and the functions `onZoom(low, high)`,
  // `onReset()` and `onClick(x)`.
  constructor(node, options = {}) {
    this.node = node;
    this.options = options;
    this.readout = node.parentElement.querySelector('.readout');
    plots.push(this);
    new ResizeObserver(() => this.uplot?.setSize(this.size())).observe(node);
  }

  size() {
    return { width: this.node.clientWidth, height: this.node.clientHeight };
  }

  // Shows a text in place of curves.
  say(text) {
    this.uplot?.destroy();
    this.uplot = null;
    this.picture = null;
    this.readout.textContent = '';
    this.node.replaceChildren(element('p', {}, text));
    this.node.setAttribute('aria-label', text);
  }

  // Shows curves: `xs`, the ranges `x` and `y`, `series` with `label`, `colour`, `values`, `dots` and `dash`,
  // `marks` with `x`, `y`, `kind` and `colour`, and `levels` with `y` and `colour`. `summary` says the same to
  // those who cannot see it.
  show(picture) {
    const kind = ({ series }) =>
      JSON.stringify(series.map(({ label, colour, dots, dash }) => [label, colour, dots, dash]));
    const isSame = this.uplot && kind(this.picture) === kind(picture);
    this.picture = picture;
    this.node.setAttribute('aria-label', picture.summary);
    if (isSame) this.uplot.setData(this.data());
    else this.rebuild();
  }

  data() {
    return [this.picture.xs, ...this.picture.series.map(({ values }) => values)];
  }

  rebuild() {
    if (!this.picture) return;
    this.uplot?.destroy();
    this.node.replaceChildren();
    const [quiet, grid] = [resolved('var(--quiet)'), resolved('var(--grid)')];
    const { axes = [{}, {}], yDistribution = 1, key, onZoom } = this.options;
    const axis = (own, size) => ({
      stroke: quiet,
      grid: { stroke: grid, width: 1 },
      ticks: { stroke: grid, width: 1 },
      font: '12px system-ui, sans-serif',
      size,
      ...own,
    });
    const series = this.picture.series.map(({ label, colour, dots, dash }) => ({
      label,
      stroke: resolved(colour),
      width: dots ? 0 : 2,
      dash,
      paths: dots ? () => null : linePath,
      points: dots ? { show: true, size: 4, width: 0, fill: resolved(colour) } : { show: false },
    }));
    const options = {
      ...this.size(),
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: Boolean(onZoom), y: false, setScale: false }, ...(key && { sync: { key } }) },
      scales: {
        x: { time: false, range: () => this.picture.x },
        y: { distr: yDistribution, range: () => this.picture.y },
      },
      axes: [axis(axes[0], 32), axis(axes[1], 56)],
      series: [{}, ...series],
      hooks: {
        draw: [(uplot) => this.drawMarks(uplot)],
        setCursor: [(uplot) => this.read(uplot)],
        setSelect: [(uplot) => this.zoom(uplot)],
      },
    };
    this.uplot = new uPlot(options, this.data(), this.node);
    this.listen(this.uplot.over);
  }

  listen(over) {
    const { onReset, onClick } = this.options;
    let pressed = 0;
    over.addEventListener('mousedown', (event) => (pressed = event.clientX));
    over.addEventListener('click', (event) => {
      const x = this.uplot.posToVal(event.clientX - over.getBoundingClientRect().left, 'x');
      if (onClick && Math.abs(event.clientX - pressed) < CLICK) onClick(x);
    });
    if (onReset) over.addEventListener('dblclick', onReset);
  }

  zoom(uplot) {
    const { left, width } = uplot.select;
    if (width < CLICK) return;
    const [low, high] = [uplot.posToVal(left, 'x'), uplot.posToVal(left + width, 'x')];
    uplot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.options.onZoom(low, high);
  }

  read(uplot) {
    const { idx } = uplot.cursor;
    if (idx == null) {
      this.readout.textContent = '';
      return;
    }
    const { xText = (x) => `x = ${format(x, 4)}`, yText = (y) => format(y, 5) } = this.options;
    const values = this.picture.series.map(
      ({ label, values }) => `${label} ${values[idx] == null ? '–' : yText(values[idx])}`,
    );
    this.readout.textContent = [xText(this.picture.xs[idx]), ...values].join(' · ');
  }

  drawMarks(uplot) {
    const { ctx, bbox } = uplot;
    const radius = RADIUS * devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left - radius, bbox.top - radius, bbox.width + 2 * radius, bbox.height + 2 * radius);
    ctx.clip();
    ctx.lineWidth = 1.5 * devicePixelRatio;
    for (const { x, y, kind, colour } of this.picture.marks ?? []) {
      const [left, top] = [uplot.valToPos(x, 'x', true), uplot.valToPos(y, 'y', true)];
      ctx.strokeStyle = resolved(colour);
      ctx.fillStyle = resolved(kind === 'dot' ? colour : 'var(--card)');
      ctx.beginPath();
      if (kind === 'kink') {
        const side = 1.5 * radius;
        ctx.moveTo(left, top - side);
        for (const [dx, dy] of [
          [side, 0],
          [0, side],
          [-side, 0],
        ])
          ctx.lineTo(left + dx, top + dy);
        ctx.closePath();
      } else {
        ctx.arc(left, top, radius, 0, 2 * Math.PI);
      }
      ctx.fill();
      ctx.stroke();
    }
    for (const { y, colour } of this.picture.levels ?? []) {
      const top = uplot.valToPos(y, 'y', true);
      ctx.strokeStyle = resolved(colour);
      ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, top);
      ctx.lineTo(bbox.left + bbox.width, top);
      ctx.stroke();
    }
    ctx.restore();
  }
}
