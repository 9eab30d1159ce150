// The largest element of a row, and the index of the first that equals it.
fn statistic(top: u32, all: Gathered) -> vec2<u32> {
  return vec2<u32>(bitcast<u32>(of_order(top)), all.first);
}
