// The one result of a row.
fn finish(p: Place, thread: u32, step: u32, known: vec2<u32>) {
  if (thread == 0u) {
    store_one(p.row, reduced(known));
  }
}
