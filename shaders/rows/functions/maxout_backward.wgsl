// result() of an element; `known` is what gather/maxima.wgsl has of its row: the largest, and the first index of it.

// grad_output at the first of the largest, else 0.
fn result(e: Element, own: Gathered, index: u32, row: u32, known: vec2<u32>) -> f32 {
  return keep_nan(select(0.0, grad_output_element(row), index == known.y), bitcast<f32>(known.x));
}
