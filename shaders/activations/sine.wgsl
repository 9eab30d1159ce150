// sine(x; omega) = sin(omega x)
fn sine(x: f32, omega: f32) -> f32 {
  return wave(omega, x).sin;
}

// omega cos(omega x).
fn sine_derivative(x: f32, omega: f32) -> f32 {
  return omega * wave(omega, x).cos;
}

// -omega^2 sin(omega x).
fn sine_second_derivative(x: f32, omega: f32) -> f32 {
  return -omega * (omega * wave(omega, x).sin);
}

// x cos(omega x).
fn sine_derivative_omega(x: f32, omega: f32) -> f32 {
  return x * wave(omega, x).cos;
}
