// hardsigmoid(x; slope, offset) = min(max(slope x + offset, 0), 1)

// The default slope is 1/6, which is no f32: with it and the default offset the line is (x + 3) /
// 6, exactly 0 at -3.
fn hardsigmoid_is_sixth(slope: f32, offset: f32) -> bool {
  return (slope == SIXTH) & (offset == 0.5);
}

// A factor that keeps the parts of slope x above those numbers that devices flush.
fn hardsigmoid_scale(x: f32) -> f32 {
  return select(1.0, TWO_POW_64, abs(x) < 1.0e-18);
}

fn hardsigmoid(x: f32, slope: f32, offset: f32) -> f32 {
  let c = clamp_magnitude(x, 1.0e20);
  var y = opt_barrier(c + 3.0, x * x) * SIXTH;
  if (!hardsigmoid_is_sixth(slope, offset)) {
    let scale = hardsigmoid_scale(x);
    y = affine(slope, c * scale, offset * scale, 0.0) * select(1.0, TWO_POW_MINUS_64, scale > 1.0);
  }
  return keep_nan(select(min(y, 1.0), 0.0, y <= 0.0), x);
}

// y where 0 < slope x + offset < 1, else 0.
fn hardsigmoid_inside(x: f32, slope: f32, offset: f32, y: f32) -> f32 {
  var is_inside = abs(x) < 3.0;
  if (!hardsigmoid_is_sixth(slope, offset)) {
    let c = clamp_magnitude(x, 1.0e20);
    let scale = hardsigmoid_scale(x);
    let excess = opt_barrier(offset - 1.0, abs(x) + 1.0);
    let is_below_1 = affine(slope, c, excess, offset - (excess + 1.0)) < 0.0;
    is_inside = (affine(slope, c * scale, offset * scale, 0.0) > 0.0) & is_below_1;
  }
  return keep_nan(select(0.0, y, is_inside), x);
}

// slope, x and 1 where 0 < slope x + offset < 1, else 0.
fn hardsigmoid_derivative(x: f32, slope: f32, offset: f32) -> f32 {
  return hardsigmoid_inside(x, slope, offset, slope);
}
fn hardsigmoid_derivative_slope(x: f32, slope: f32, offset: f32) -> f32 {
  return hardsigmoid_inside(x, slope, offset, x);
}
fn hardsigmoid_derivative_offset(x: f32, slope: f32, offset: f32) -> f32 {
  return hardsigmoid_inside(x, slope, offset, 1.0);
}
