// The functions that expressions have besides activations and arithmetic. Bits decide comparisons, since
// devices that flush subnormal numbers compare these as zeros, and since NaN may compare as any
// number.

// x, hidden from optimizers. Between two steps of an expression it keeps compilers from doing what
// changes bits: (x + a) - a would become x, and x * a + x * b would become x * (a + b). So one
// kernel for all steps gives the same bits as a kernel for each.
fn fenced(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ bitcast<u32>(f32(uniforms.zero)));
}

// The number with these bits, which no compiler knows.
fn hidden(bits: u32) -> f32 {
  return bitcast<f32>(bits ^ bitcast<u32>(f32(uniforms.zero)));
}

// y, or NaN if a or b is NaN.
fn keep_nans(y: f32, a: f32, b: f32) -> f32 {
  return keep_nan(keep_nan(y, b), a);
}

// NaN is above all numbers in the order, so that the larger of the two keeps it.
fn larger(a: f32, b: f32) -> f32 {
  return select(a, b, order(b) > order(a));
}
fn smaller(a: f32, b: f32) -> f32 {
  return keep_nans(select(a, b, order(b) < order(a)), a, b);
}

// The derivative of max(a, b) with respect to a. At a tie both take half, as in PyTorch.
fn max_derivative(a: f32, b: f32) -> f32 {
  let at_tie = select(0.0, 0.5, order(a) == order(b));
  return keep_nans(select(at_tie, 1.0, order(a) > order(b)), a, b);
}

// Comparisons give 1 or 0. With NaN only != holds.
fn less(a: f32, b: f32) -> f32 {
  return select(0.0, 1.0, (order(a) < order(b)) & !is_nan(b));
}
fn less_equal(a: f32, b: f32) -> f32 {
  return select(0.0, 1.0, (order(a) <= order(b)) & !is_nan(b));
}
fn equal(a: f32, b: f32) -> f32 {
  return select(0.0, 1.0, (order(a) == order(b)) & !is_nan(a));
}
fn not_equal(a: f32, b: f32) -> f32 {
  return select(1.0, 0.0, (order(a) == order(b)) & !is_nan(a));
}

// a where the condition is not 0, else b.
fn choice(condition: f32, a: f32, b: f32) -> f32 {
  return select(b, a, (bitcast<u32>(condition) & MAGNITUDE_BITS) != 0u);
}

// The factor that dropout gives an element: 0 for random words below a limit, which is given in
// units of 2^-24.
fn dropped(x: f32, word: u32, below: u32, keep_scale: f32) -> f32 {
  return scaled(select(keep_scale, 0.0, (word >> 8u) < below), x);
}
