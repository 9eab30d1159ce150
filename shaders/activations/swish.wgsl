// x / (1 + e^(-beta x)).
fn swish(x: f32, beta: f32) -> f32 {
  return keep_nan(gate(x, argument(beta, x)), x);
}

// s (1 + z (1 - s)) with z = beta x and s = sigmoid(z).
fn swish_derivative(x: f32, beta: f32) -> f32 {
  let c = clamp(x, -1.0e20, 1.0e20);
  let slope = select(beta, -beta, beta * c > 0.0);
  return keep_nan(gate_derivative(argument(beta, x), affine(slope, c, GATE_ZERO, GATE_ZERO_REST)), x);
}
