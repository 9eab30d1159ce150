// Gives finish(): the one result of a row. Needs reduced() and store_output().
fn finish(p: Place, stats: Stats) {
  store_output(p.row, reduced(of_row(p, 0u), stats));
}
