// A sink: one logit more in each row, which has no result. Gives row_top(), row_total(),
// row_statistics() and sink_result(); needs exponential_sum.wgsl and result_of().
fn row_sink(place: u32) -> f32 {
  return sink_element(place);
}

fn row_top(top: u32, own_row: OfRow) -> u32 {
  return max(top, order(own_row.sink));
}

fn row_total(all: Accumulator, top: u32, own_row: OfRow) -> Accumulator {
  return merge(all, exponential_term(own_row.sink, top));
}

// The statistics of a row with its sink, from those without it, which an earlier dispatch has found.
fn row_statistics(stats: Stats, own_row: OfRow) -> Stats {
  let top = row_top(order(bitcast<f32>(stats.first)), own_row);
  return row_stats(top, row_total(term_of_stats(stats, top), top, own_row));
}

// What the function would give for the sink.
fn sink_result(own_row: OfRow, stats: Stats) -> f32 {
  let top = order(bitcast<f32>(stats.first));
  return result_of(own_row.sink, exponential_term(own_row.sink, top), stats);
}
