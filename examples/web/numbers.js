// Numbers as text.

// A number with this many digits, without zeros at its end.
export function format(value, digits = 7) {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value < 0 ? '−∞' : '∞';
  if (value === 0) return Object.is(value, -0) ? '−0' : '0';
  const rounded = Number(value.toPrecision(digits));
  const isPlain = Math.abs(rounded) >= 1e-4 && Math.abs(rounded) < 1e9;
  const text = isPlain ? String(rounded) : rounded.toExponential().replace('e+', 'e');
  return text.replaceAll('-', '−');
}

// An f32 with as many digits as tell it from its neighbours.
export function shortest(value) {
  for (let digits = 1; digits < 9; digits += 1) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === Math.fround(value)) return Number(text);
  }
  return value;
}

// An error in ulp.
export function ulps(error) {
  if (error === Infinity) return 'wrong';
  if (error >= 1e5) return error.toExponential(1).replace('+', '');
  return error.toFixed(error < 100 ? 2 : 0);
}

export function seconds(value) {
  if (value >= 1) return `${format(value, 3)} s`;
  if (value >= 1e-3) return `${format(value * 1e3, 3)} ms`;
  if (value >= 1e-6) return `${format(value * 1e6, 3)} µs`;
  return `${format(value * 1e9, 3)} ns`;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}
