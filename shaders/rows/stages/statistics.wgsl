// What is known of a block, for a later dispatch.
@group(0) @binding(4) var<storage, read_write> statistics: array<vec2<u32>>;

fn finish(p: Place, thread: u32, step: u32, known: vec2<u32>) {
  if (thread == 0u) {
    statistics[call.statistics + p.index] = known;
  }
}
