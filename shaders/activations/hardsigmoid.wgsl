// hardsigmoid(x; slope, offset) = min(max(slope x + offset, 0), 1)

// The default slope is 1/6, which is no f32: with it and the default offset the line is (x + 3) /
// 6, exactly 0 at -3.
fn hardsigmoid_is_sixth(slope: f32, offset: f32) -> bool {
  return (slope == SIXTH) & (offset == 0.5);
}

// y where slope x + offset is a number, else NaN.
fn hardsigmoid_keep_nan(y: f32, x: f32, slope: f32, offset: f32) -> f32 {
  return keep_nan(keep_nan(y, scaled(flushed(slope), x) + offset), x);
}

fn hardsigmoid(x: f32, slope: f32, offset: f32) -> f32 {
  var y = opt_barrier(clamp_magnitude(x, 1.0e20) + 3.0, x * x) * SIXTH;
  if (!hardsigmoid_is_sixth(slope, offset)) {
    let l = exact_line(slope, x, offset, 0.0);
    y = hardsigmoid_keep_nan(times_pow2(l.sum, l.k), x, slope, offset);
  }
  return keep_nan(keep_nan(select(min(y, 1.0), 0.0, y <= 0.0), y), x);
}

// y where 0 < slope x + offset < 1, else 0.
fn hardsigmoid_inside(x: f32, slope: f32, offset: f32, y: f32) -> f32 {
  var inside = select(0.0, y, abs(x) < 3.0);
  if (!hardsigmoid_is_sixth(slope, offset)) {
    let excess = opt_barrier(offset - 1.0, abs(x) + 1.0);
    let from_0 = exact_line(slope, x, offset, 0.0);
    let from_1 = exact_line(slope, x, excess, offset - (excess + 1.0));
    let is_inside = (from_0.sum > 0.0) & (from_1.sum < 0.0);
    inside = hardsigmoid_keep_nan(select(0.0, y, is_inside), x, slope, offset);
  }
  return keep_nan(inside, x);
}

// slope, x and 1 where 0 < slope x + offset < 1, else 0.
fn hardsigmoid_derivative(x: f32, slope: f32, offset: f32) -> f32 {
  return hardsigmoid_inside(x, slope, offset, slope);
}

// From y: slope for 0 < y < 1, else 0.
fn hardsigmoid_derivative_from_output(y: f32, slope: f32, offset: f32) -> f32 {
  return keep_nan(select(0.0, slope, is_positive(y) & (y < 1.0)), y);
}
fn hardsigmoid_derivative_slope(x: f32, slope: f32, offset: f32) -> f32 {
  return hardsigmoid_inside(x, slope, offset, x);
}
fn hardsigmoid_derivative_offset(x: f32, slope: f32, offset: f32) -> f32 {
  return hardsigmoid_inside(x, slope, offset, 1.0);
}
