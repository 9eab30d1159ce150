// A step works on BATCH digits in this epoch's order. Steps are counted on the GPU, so that the
// recording of every step is the same.
struct State {
  step: u32,
  mean_power: f32,    // MEAN_DECAY and SQUARE_DECAY of adam.wgsl to the power of the step
  square_power: f32,
}

@group(0) @binding(0) var<uniform> state: State;
@group(0) @binding(1) var<storage, read> order: array<u32>;

// Returns the index of the digit in a row of the batch.
fn digit(row: u32) -> u32 {
  return order[(state.step * BATCH) % arrayLength(&order) + row];
}
