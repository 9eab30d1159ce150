// gaussian(x) = e^(-x^2)

// From this |x| on, pow2() makes 0 of e^(-x^2).
const GAUSSIAN_LIMIT: f32 = 9.38;

// sqrt(1/2) in two parts: scripts/fit.py, "GAUSSIAN_ZERO".
const GAUSSIAN_ZERO: f32 = 0.707106769;
const GAUSSIAN_ZERO_REST: f32 = 1.21016175e-08;

fn gaussian(x: f32) -> f32 {
  let e = exp_parts_of(minus_square(magnitude(x, GAUSSIAN_LIMIT)), MAGIC_127);
  return keep_nan(exp_of(e), x);
}

// -2 x e^(-x^2). The exponential carries 2^24.
fn gaussian_derivative(x: f32) -> f32 {
  let a = magnitude(x, SQUARE_LIMIT_24);
  let e = exp_parts_of(minus_square(a), MAGIC_151);
  return keep_nan(opt_barrier(flip_sign(-a, x) * exp_of(e), e.t) * (2.0 * TWO_POW_MINUS_24), x);
}

// (4 x^2 - 2) e^(-x^2) = 4 (|x| - x0) (|x| + x0) e^(-x^2): the zero at x0 = sqrt(1/2) is a factor.
fn gaussian_second_derivative(x: f32) -> f32 {
  let a = magnitude(x, SQUARE_LIMIT_24);
  let e = exp_parts_of(minus_square(a), MAGIC_151);
  let t = opt_barrier(a - GAUSSIAN_ZERO, e.t) - GAUSSIAN_ZERO_REST;
  let y = opt_barrier(t * (a + GAUSSIAN_ZERO) * exp_of(e), e.t);
  return keep_nan(y * (4.0 * TWO_POW_MINUS_24), x);
}
