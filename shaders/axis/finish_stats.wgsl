// Gives finish(): the statistics of a block or of a row, for a later dispatch.
fn finish(p: Place, found: Stats) {
  stats[stats_offset() + p.index] = found;
}
