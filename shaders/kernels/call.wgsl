// What one dispatch works on: the same struct as `Call` in src/kernels/call.rs (a test compares the two).
struct Call {
  count: u32,               // pairs of vectors, elements or blocks that this dispatch computes
  row: u32,                 // invocations (or workgroups) in one row of a two-dimensional dispatch
  first: u32,               // index in the tensor of the first element, modulo one turn through the channels;
                            // kernels of split tensors: 1 if gates come before values, else 0; gated backward into one
                            // output: 1 if that is the gate's, else 0
  x: u32,                   // where each slice begins in its binding, in the binding's own units
  grad_output: u32,
  output: u32,
  tangent: u32,
  length: u32,              // reductions: terms in one row of the input
  stride: u32,              // reductions: results in one row of the output
  rows: u32,                // reductions: rows, of which each has a run of elements, then the next
  gate: u32,                // gated kernels: as x and output
  grad_gate: u32,
  pairs: vec4<u32>,         // vectors from a thread's first one to its second one, and the bits of a thread's number that come on top of
                            // it in that of its first one
  run: vec4<u32>,           // reductions and gated kernels: elements in one run, as a divisor
  seed: vec2<u32>,          // training: the generator's key,
  counter: vec2<u32>,       // its counter for the first four elements,
  phase: u32,               // which of these is the first one of x,
  dropped_below: u32,       // what is dropped: words below this, in units of 2^8,
  keep_scale: f32,          // and what the others are multiplied by
  elements: u32,            // elements that this dispatch computes, where `count` counts words of two
  inner: vec4<u32>,         // elements from one channel to the next, as a divisor
  channels: vec4<u32>,      // channels, as a divisor
  learned: vec4<u32>,       // where each learned parameter begins in its binding
  learned_step: vec4<u32>,  // from the value for one channel to the next: 0 where one is for all
  parameters: vec4<f32>,
}

@group(0) @binding(0) var<uniform> call: Call;

// The elements that the i-th vector holds, as `first` counts them.
fn elements_of(i: u32) -> vec4<u32> {
  return call.first + 4u * i + vec4<u32>(0u, 1u, 2u, 3u);
}

// The two vectors of a thread: one of each half, or eight apart. Neighbouring threads load neighbouring vectors.
fn two_vectors(thread: u32) -> vec2<u32> {
  let first = thread + (thread & call.pairs.y);
  return vec2<u32>(first, first + call.pairs.x);
}

// The position of an invocation in a dispatch whose workgroups fill rows.
fn position(id: vec3<u32>) -> u32 {
  return id.y * call.row + id.x;
}
