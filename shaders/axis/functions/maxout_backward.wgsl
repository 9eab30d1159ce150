// Gives result() and of_row(); needs largest.wgsl.

// The gradient is grad_output at the first of the largest elements, else 0.
fn result(e: Element, own: Accumulator, index: u32, grad_output: f32, stats: Stats) -> f32 {
  return keep_nan(select(0.0, grad_output, index == stats.second), bitcast<f32>(stats.first));
}

fn of_row(row: u32) -> f32 {
  return grad_output_element(row);
}
