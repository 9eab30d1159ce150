// Gives result(); needs largest.wgsl.

// The result is 1 at the first of the largest elements, else 0.
fn result(e: Element, own: Accumulator, index: u32, own_row: OfRow, stats: Stats) -> f32 {
  return keep_nan(select(0.0, 1.0, index == stats.second), bitcast<f32>(stats.first));
}
