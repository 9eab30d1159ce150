// a c^2 + b for mantissas a and c, relative to the result also where it cancels: the square and its product with a are split into exact
// parts, and where the sum is small, so are their sums one by one, down to terms of 2^-33.
fn star_relu_sum(a: f32, c: f32, b: f32) -> f32 {
  let a_upper = upper(a);
  let a_lower = a - a_upper;
  let c_upper = upper(c);
  let c_lower = c - c_upper;
  let first_square = upper(c * c);
  let square = fence(c_upper * c_upper - first_square, c * c) + (c_upper + c_upper) * c_lower;
  let second_square = upper(square);
  let third_square = square - second_square;
  let last_square = c_lower * c_lower;
  let last_upper = upper(last_square);
  let first = fence(a_upper * first_square + b, c * c);
  let least = a_lower * (third_square + last_square) + a_upper * (last_square - last_upper);
  var sum = first + ((a_upper * square + a_lower * first_square) + (a_lower * square + a_upper * last_square));
  if (abs(first) < 0.002 * abs(b)) {
    let second = fence(fence(first + a_upper * second_square, c * c) + a_lower * first_square, c * c);
    let third = fence(fence(second + a_upper * third_square, c * c) + a_lower * second_square, c * c);
    sum = fence(third + a_upper * last_upper, c * c) + least;
  }
  return sum;
}

// scale x^2 + bias for x > 0, else bias. Computed with the exponents set aside, k for that of scale x^2 and n for bias beside it, so
// that squares neither overflow nor are flushed.
fn star_relu(x: f32, scale: f32, bias: f32) -> f32 {
  let k = exponent(scale) + exponent(x) + exponent(x);
  let n = exponent(bias) + 1405u - k;
  let b = select(0.0, with_exponent(bias, n - 1024u), (n > 1111u) & (exponent(bias) > 0u));
  let y = times_pow2(star_relu_sum(with_exponent(scale, 127u), with_exponent(x, 127u), b), k + 131u);
  let is_bias = (n > 1191u) | (exponent(scale) == 0u) | (exponent(x) == 0u);
  return keep_nan(select(bias, y, is_positive(x) & !is_bias), x);
}

// 2 scale x for x > 0, else 0: the smaller one is doubled.
fn star_relu_derivative(x: f32, scale: f32, bias: f32) -> f32 {
  let y = scaled(select(scale + scale, scale, x < 1.0), select(x, x + x, x < 1.0));
  return keep_nan(select(0.0, y, is_positive(x)), x);
}

// 2 scale for x > 0, else 0.
fn star_relu_second_derivative(x: f32, scale: f32, bias: f32) -> f32 {
  return keep_nan(select(0.0, scale + scale, is_positive(x)), x);
}

// The derivative with respect to the scale: x^2 for x > 0, else 0.
fn star_relu_derivative_scale(x: f32, scale: f32, bias: f32) -> f32 {
  return keep_nan(select(0.0, x * x, is_positive(x)), x);
}

// The derivative with respect to the bias: 1.
fn star_relu_derivative_bias(x: f32, scale: f32, bias: f32) -> f32 {
  return keep_nan(1.0, x);
}
