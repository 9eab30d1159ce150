// Gives result() and row_value(); needs largest.wgsl.

// The gradient is grad_output at the first of the largest elements, else 0.
fn result(e: Element, own: Accumulator, index: u32, own_row: OfRow, stats: Stats) -> f32 {
  return keep_nan(select(0.0, own_row.value, index == stats.second), bitcast<f32>(stats.first));
}

fn row_value(row: u32) -> f32 {
  return grad_output_element(row);
}
