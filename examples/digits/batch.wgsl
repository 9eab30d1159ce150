// Which digits a step works on: BATCH of them in this epoch's order. The step is counted on the GPU, so that every step
// is the same recording.
struct State {
  step: u32,
  mean_power: f32,    // MEAN_DECAY and SQUARE_DECAY of adam.wgsl to the power of the step
  square_power: f32,
}

@group(0) @binding(0) var<uniform> state: State;
@group(0) @binding(1) var<storage, read> order: array<u32>;

// The digit in a row of the batch.
fn digit(row: u32) -> u32 {
  return order[(state.step * BATCH) % arrayLength(&order) + row];
}
