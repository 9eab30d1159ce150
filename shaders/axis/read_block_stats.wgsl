// Reads the statistics of a row's blocks.
struct Element { stats: Stats }

fn element(i: u32) -> Element {
  return Element(block_stats[block_stats_offset() + i]);
}
