// The one result of a row.
fn finish(p: Place, thread: u32, step: u32, known: vec2<u32>) {
  if (thread == 0u) {
    output_values[call.output + p.row] = reduced(known);
  }
}
