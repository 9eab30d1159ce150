// What a kernel of softmax, log_softmax or logsumexp needs of a row, for kernels of others, which visit
// the elements in an order of their own. A row begins with a largest element of -Inf and a sum of 0.

// The larger number, and NaN if either is NaN, which is above all numbers in the order.
fn softmax_max(a: f32, b: f32) -> f32 {
  return select(a, b, order(b) > order(a));
}

// e^(x - max) for x <= max, with the difference in two parts, since a rounded one would be up to 88
// ulp off. It is 0 for -Inf, also where nothing else has been met, and NaN for Inf, as in PyTorch.
fn softmax_exp(x: f32, max: f32) -> f32 {
  let d = two_sum(x, -max, x * x);
  let hi = -magnitude(d.hi, EXP_LIMIT);
  let e = exp_parts_of(Pair(hi, select(0.0, d.lo, hi > -EXP_LIMIT)), MAGIC_127);
  let below = select(exp_of(e), 0.0, bitcast<u32>(x) == MINUS_INFINITY_BITS);
  let nan = bitcast<f32>(bitcast<u32>(x) | QUIET_NAN_BITS);
  return keep_nan(keep_nan(select(below, nan, bitcast<u32>(x) == INFINITY_BITS), x), max);
}

// A sum of exponentials, when the largest element changes.
fn softmax_rescaled(sum: f32, old_max: f32, max: f32) -> f32 {
  return select(sum * softmax_exp(old_max, max), sum, order(old_max) == order(max));
}

// y, or NaN for a row without elements or with NaN.
fn softmax_checked(y: f32, sum: f32) -> f32 {
  return keep_nan(select(y, bitcast<f32>(bitcast<u32>(sum) | QUIET_NAN_BITS), sum == 0.0), sum);
}

// exp / sum.
fn softmax_result(exp: f32, sum: f32) -> f32 {
  return softmax_checked(exp * reciprocal(sum), sum);
}

// max + log(sum).
fn softmax_logsumexp(max: f32, sum: f32) -> f32 {
  let y = max + logarithm(Pair(sum, 0.0));
  return select(keep_nan(y, sum), max, exponent(max) == 255u);
}

// x - max - log(sum). A difference that is infinite has no lower part.
fn softmax_log_result(x: f32, max: f32, sum: f32) -> f32 {
  let d = two_sum(x, -max, x * x);
  let y = d.hi + (d.lo - logarithm(Pair(sum, 0.0)));
  return softmax_checked(select(y, d.hi, exponent(d.hi) == 255u), sum);
}

// The gradient of softmax, y (grad_output - dot), where dot is the sum of y grad_output over the row.
fn softmax_gradient(y: f32, grad_output: f32, dot: f32) -> f32 {
  return scaled(y, grad_output - dot);
}

// The gradient of log_softmax, grad_output - e^y sum, where sum is that of grad_output over the row.
fn softmax_log_gradient(y: f32, grad_output: f32, sum: f32) -> f32 {
  return grad_output - scaled(exponential(y), sum);
}
