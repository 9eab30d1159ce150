// Gives finish(): the one result of a row. Needs reduced() and store_one().
fn finish(p: Place, stats: Stats) {
  store_one(p.row, reduced(stats));
}
