// swish(x; beta) = x / (1 + e^(-beta x)), which is x / 2 for a beta of 0, also where x is infinite

// y where beta x is a number, else NaN.
fn swish_keep_nan(y: f32, x: f32, beta: f32) -> f32 {
  return keep_nan(y, scaled(flushed(beta), x));
}

// 127 and the exponents of two powers of two, 2^127 and 2^62, which exponentials carry, and the
// arguments for which pow2() makes 0 of these.
const SWISH_MAGIC_254: f32 = 12583166.0;
const SWISH_LIMIT_127: f32 = 175.8;
const SWISH_MAGIC_189: f32 = 12583101.0;
const SWISH_LIMIT_62: f32 = 262.0;
const SWISH_TWO_POW_MINUS_62: f32 = 2.16840434e-19;

// Where beta is small, the exponential may be far below f32 while the result is normal. So its
// power of two, of which t holds the exponent plus 254, is two factors.
fn swish(x: f32, beta: f32) -> f32 {
  let z = parameter_times(beta, x);
  let e = exp_parts_of(minus_magnitude(z, SWISH_LIMIT_127), SWISH_MAGIC_254);
  let half = (bitcast<u32>(e.t) + 1u) >> 1u;
  let first = bitcast<f32>(half << 23u);
  let second = bitcast<f32>((bitcast<u32>(e.t) - half) << 23u);
  let s = first * second;
  // Beside a huge beta counts what an exponential does to a tiny x.
  let up = select(1.0, TWO_POW_64, exponent(beta) > 167u);
  let down = select(1.0, TWO_POW_MINUS_64, exponent(beta) > 167u);
  let y = finite(x * up) * reciprocal(s * e.q + (s + 1.0));
  let y_first = opt_barrier(y * first, e.t);
  let above = select(select(y * down, x, z.hi > 40.0), 0.5 * x, exponent(beta) == 0u);
  let below = (y_first * e.q + y_first) * second * down;
  return swish_keep_nan(select(above, below, (z.hi < 0.0) & (exponent(beta) > 0u)), x, beta);
}

// s (1 + z (1 - s)) with z = beta x and s = sigmoid(z).
fn swish_derivative(x: f32, beta: f32) -> f32 {
  let z = parameter_times(beta, x);
  let n = minus_magnitude(z, EXP_LIMIT_24);
  let e = exp_parts_of(n, MAGIC_151);
  var t = from_gate_zero(n, e);
  // With a beta of 1 n is no product.
  if ((abs(t) < GATE_ZERO_NEAR) & !is_one(beta)) {
    let f = balanced(beta, x);
    t = line_sum(-abs(f.parameter), abs(f.input), GATE_ZERO, GATE_ZERO_REST);
  }
  return swish_keep_nan(gate_derivative(z.hi, n, e, t), x, beta);
}

// beta E (2 + n + E (2 - n)) / (1 + E)^3 with n = -|beta x| and E = e^n.
fn swish_second_derivative(x: f32, beta: f32) -> f32 {
  let n = minus_magnitude(parameter_times(beta, x), EXP_LIMIT_OF_PRODUCT);
  let e = exp_parts_of(n, MAGIC_127);
  let k = POW2_BIAS + exp_exponent(e, MAGIC_127);
  let curvature = gate_second_derivative(n, e.q, times_pow2(1.0, k));
  let y = times_pow2(significand(beta) * curvature, k + exponent(beta) - 127u);
  return swish_keep_nan(select(y, 0.0, exponent(beta) == 0u), x, beta);
}

// x^2 E / (1 + E)^2 with E = e^-|beta x|, as the square of x h / (1 + h^2) with h = e^(-|beta x| /
// 2), since x^2 may be far above f32 and E far below. The power of two carries 2^62, and x carries
// 2^-62.
fn swish_derivative_beta(x: f32, beta: f32) -> f32 {
  let c = finite(x);
  let n = minus_magnitude(parameter_times(beta, x), SWISH_LIMIT_62);
  let e = exp_parts_of(Pair(0.5 * n.hi, 0.5 * n.lo), SWISH_MAGIC_189);
  let h = (e.q + 1.0) * (pow2(e.t) * SWISH_TWO_POW_MINUS_62);
  let small = c * SWISH_TWO_POW_MINUS_62 * ((e.q + 1.0) * reciprocal(h * h + 1.0));
  let y = opt_barrier(small, e.t) * pow2(e.t);
  return swish_keep_nan(y * opt_barrier(y, e.t), x, beta);
}
