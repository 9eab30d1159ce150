// hardtanh(x; min_val, max_val) = min(max(x, min_val), max_val)
fn hardtanh(x: f32, min_val: f32, max_val: f32) -> f32 {
  let y = select(x, min_val, order(x) < order(min_val));
  return hardtanh_keep_nan(select(y, max_val, order(y) > order(max_val)), x, min_val, max_val);
}

fn hardtanh_keep_nan(y: f32, x: f32, min_val: f32, max_val: f32) -> f32 {
  return keep_nan(keep_nan(keep_nan(y, min_val), max_val), x);
}

// 1 for min_val < x < max_val, else 0.
fn hardtanh_derivative(x: f32, min_val: f32, max_val: f32) -> f32 {
  let is_inside = (order(x) > order(min_val)) & (order(x) < order(max_val));
  return hardtanh_keep_nan(select(0.0, 1.0, is_inside), x, min_val, max_val);
}

// From y: 1 for min_val < y < max_val, else 0.
fn hardtanh_derivative_from_output(y: f32, min_val: f32, max_val: f32) -> f32 {
  return hardtanh_derivative(y, min_val, max_val);
}

// 1 for x <= min_val < max_val, else 0.
fn hardtanh_derivative_min_val(x: f32, min_val: f32, max_val: f32) -> f32 {
  let is_below = (order(x) <= order(min_val)) & (order(min_val) < order(max_val));
  return hardtanh_keep_nan(select(0.0, 1.0, is_below), x, min_val, max_val);
}

// 1 for max(x, min_val) >= max_val, else 0.
fn hardtanh_derivative_max_val(x: f32, min_val: f32, max_val: f32) -> f32 {
  let is_above = (order(x) >= order(max_val)) | (order(min_val) >= order(max_val));
  return hardtanh_keep_nan(select(0.0, 1.0, is_above), x, min_val, max_val);
}
