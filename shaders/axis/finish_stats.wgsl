// Gives finish(): the statistics of a block or of a row, for a later dispatch.
fn finish(p: Place, thread: u32, step: u32, found: vec2<u32>) {
  if (thread == 0u) {
    stats[stats_offset() + p.index] = found;
  }
}
