// star_relu(x; scale, bias) = scale max(x, 0)^2 + bias

// a c^2 + b for mantissas a and c, with a small error relative to the result also where it cancels:
// the square and its product with a are split into exact parts, and where the sum is small, so are
// their sums one by one, down to terms of 2^-45.
fn star_relu_sum(a: f32, c: f32, b: f32) -> f32 {
  let a_upper = upper(a);
  let a_lower = a - a_upper;
  let c_upper = upper(c);
  let c_lower = c - c_upper;
  let positive = c * c;
  let first_square = upper(positive);
  let second_square = opt_barrier(c_upper * c_upper - first_square, positive);
  let mixed = (c_upper + c_upper) * c_lower;
  let mixed_upper = upper(mixed);
  let mixed_lower = mixed - mixed_upper;
  let square = second_square + mixed;
  let last_square = c_lower * c_lower;
  let last_upper = upper(last_square);
  let first = opt_barrier(a_upper * first_square + b, positive);
  let least = a_lower * (mixed_lower + last_square) + a_upper * (last_square - last_upper);
  let small = a_lower * square + a_upper * last_square;
  var sum = first + ((a_upper * square + a_lower * first_square) + small);
  if (abs(first) < 0.002 * abs(b)) {
    let second = two_sum(first, opt_barrier(a_upper * mixed_upper, positive), positive);
    let third = two_sum(second.hi, opt_barrier(a_lower * first_square, positive), positive);
    let fourth = two_sum(third.hi, opt_barrier(a_upper * second_square, positive), positive);
    let rests = (second.lo + third.lo) + fourth.lo;
    let fifth = opt_barrier((fourth.hi + rests) + a_upper * mixed_lower, positive);
    let sixth = opt_barrier(fifth + a_lower * mixed_upper, positive);
    let seventh = opt_barrier(sixth + a_lower * second_square, positive);
    sum = opt_barrier(seventh + a_upper * last_upper, positive) + least;
  }
  return sum;
}

// The exponents are set aside, so that squares neither overflow nor are flushed: k is the sum of
// three biased exponents, that of scale x^2, and n - 1024 is the biased exponent of bias beside it.
// Outside of the limits for n, one of the two is lost beside the other. Infinite parameters are
// multiplied and added as they are.
fn star_relu(x: f32, scale: f32, bias: f32) -> f32 {
  let k = exponent(scale) + exponent(x) + exponent(x);
  let n = exponent(bias) + 1405u - k;
  let b = select(0.0, with_exponent(bias, n - 1024u), (n > 1111u) & (exponent(bias) > 0u));
  let sum = star_relu_sum(with_exponent(scale, 127u), with_exponent(x, 127u), b);
  let is_bias = (n > 1191u) | (exponent(scale) == 0u) | (exponent(x) == 0u);
  let y = select(bias, times_pow2(sum, k + POW2_BIAS - 381u), is_positive(x) & !is_bias);
  let c = select(0.0, x, is_positive(x));
  let is_finite = max(exponent(scale), exponent(c)) < 255u;
  let of_infinity = select(scaled(scaled(scale, c), c), 0.0, is_finite) + bias;
  let is_infinite = max(exponent(scale), exponent(bias)) == 255u;
  return keep_nan(select(y, of_infinity, is_infinite), x);
}

// 2 scale x for x > 0, else 0. The smaller factor is doubled.
fn star_relu_derivative(x: f32, scale: f32, bias: f32) -> f32 {
  let y = scaled(select(scale + scale, scale, x < 1.0), select(x, x + x, x < 1.0));
  return star_relu_keep_nan(where_positive(x, y), x, scale);
}

// y, or NaN where an infinite scale meets max(x, 0) = 0.
fn star_relu_keep_nan(y: f32, x: f32, scale: f32) -> f32 {
  return select(nan_unless_finite(y, scale), y, is_positive(x));
}

// 2 scale for x > 0, else 0.
fn star_relu_second_derivative(x: f32, scale: f32, bias: f32) -> f32 {
  return star_relu_keep_nan(where_positive(x, scale + scale), x, scale);
}

// x^2 for x > 0, else 0.
fn star_relu_derivative_scale(x: f32, scale: f32, bias: f32) -> f32 {
  return where_positive(x, x * x);
}

// 1.
fn star_relu_derivative_bias(x: f32, scale: f32, bias: f32) -> f32 {
  return keep_nan(1.0, x);
}
