// The default slope is 1/6 and no f32: with it and the default offset the line is (x + 3) / 6, exactly 0 at -3.
fn hardsigmoid_is_sixth(slope: f32, offset: f32) -> bool {
  return (slope == 0.166666672) & (offset == 0.5);
}

// What keeps the parts of slope x above those numbers that devices flush.
fn hardsigmoid_scale(x: f32) -> f32 {
  return select(1.0, 18446744073709551616.0, abs(x) < 1.0e-18);
}

// slope x + offset, kept between 0 and 1.
fn hardsigmoid(x: f32, slope: f32, offset: f32) -> f32 {
  let c = copy_sign(magnitude(x, 1.0e20), x);
  var y = fence(c + 3.0, x * x) * 0.166666672;
  if (!hardsigmoid_is_sixth(slope, offset)) {
    let scale = hardsigmoid_scale(x);
    y = affine(slope, c * scale, offset * scale, 0.0) * select(1.0, 5.42101086e-20, scale > 1.0);
  }
  return keep_nan(select(min(y, 1.0), 0.0, y <= 0.0), x);
}

// Whether 0 < slope x + offset < 1.
fn hardsigmoid_is_inside(x: f32, slope: f32, offset: f32) -> bool {
  var is_inside = abs(x) < 3.0;
  if (!hardsigmoid_is_sixth(slope, offset)) {
    let c = copy_sign(magnitude(x, 1.0e20), x);
    let scale = hardsigmoid_scale(x);
    let excess = fence(offset - 1.0, abs(x) + 1.0);
    let is_below_1 = affine(slope, c, excess, offset - (excess + 1.0)) < 0.0;
    is_inside = (affine(slope, c * scale, offset * scale, 0.0) > 0.0) & is_below_1;
  }
  return is_inside;
}

// slope where 0 < slope x + offset < 1, else 0.
fn hardsigmoid_derivative(x: f32, slope: f32, offset: f32) -> f32 {
  return keep_nan(select(0.0, slope, hardsigmoid_is_inside(x, slope, offset)), x);
}

// The derivative with respect to slope: x where 0 < slope x + offset < 1, else 0.
fn hardsigmoid_derivative_slope(x: f32, slope: f32, offset: f32) -> f32 {
  return keep_nan(select(0.0, x, hardsigmoid_is_inside(x, slope, offset)), x);
}

// The derivative with respect to offset: 1 where 0 < slope x + offset < 1, else 0.
fn hardsigmoid_derivative_offset(x: f32, slope: f32, offset: f32) -> f32 {
  return keep_nan(select(0.0, 1.0, hardsigmoid_is_inside(x, slope, offset)), x);
}
