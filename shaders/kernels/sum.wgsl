// Sums of rows that follow each other: the terms that pairwise.wgsl adds up.
@group(0) @binding(1) var<storage, read> x_elements: array<f32>;
@group(0) @binding(3) var<storage, read_write> output_elements: array<f32>;

fn term(row: u32, index: u32) -> f32 {
  return x_elements[call.x + row * call.length + index];
}
