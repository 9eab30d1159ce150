// cos(x), the cosine
//
// It takes the place of the built-in function, which has no bound beyond pi.
fn cos(x: f32) -> f32 {
  return wave(1.0, x).cos;
}

// -sin(x).
fn cos_derivative(x: f32) -> f32 {
  return -wave(1.0, x).sin;
}

// -cos(x).
fn cos_second_derivative(x: f32) -> f32 {
  return -wave(1.0, x).cos;
}
