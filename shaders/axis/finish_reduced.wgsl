// Gives finish(): the one result of a row. Needs reduced() and store_one().
fn finish(p: Place, thread: u32, step: u32, stats: vec2<u32>) {
  if (thread == 0u) {
    store_one(p.row, reduced(stats));
  }
}
