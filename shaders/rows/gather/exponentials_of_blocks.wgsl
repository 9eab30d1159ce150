// From what is known of blocks to what is known of rows.
@group(0) @binding(1) var<storage, read> known_values: array<vec2<u32>>;

fn key(i: u32) -> i32 {
  return rank(bitcast<f32>(known_values[call.x + i].x));
}

fn term(i: u32, index: u32, top: i32) -> Gathered {
  let known = known_values[call.x + i];
  let largest = bitcast<f32>(known.x);
  if (rank(largest) == top) {
    return Gathered(1u, bitcast<f32>(known.y), 0.0);
  }
  return Gathered(0u, scaled_exponential(largest, of_rank(top)) * (others(known) + 1.0), 0.0);
}
