// Sums of rows that follow each other: the terms that pairwise.wgsl adds up.
fn term(row: u32, index: u32) -> f32 {
  return x_element(row * call.length + index);
}
