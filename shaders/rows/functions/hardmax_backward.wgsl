// result() of an element of the gradient, for which nothing need be known of its row.

// 0, almost everywhere.
fn result(i: u32, index: u32, row: u32, known: vec2<u32>) -> f32 {
  return 0.0;
}
