// The uniforms of a dispatch: the same struct as `Uniforms` in src/kernels/uniforms.rs, which a
// test compares with it. A kernel uses the fields of its kind only. A divisor is a number that
// divide() takes.
struct Uniforms {
  count: u32,                     // threads that have work, or workgroups of reductions
  row_width: u32,                 // threads, or workgroups, in a row of the two-dimensional dispatch
  first: u32,                     // the first element's index, modulo period * inner
  elements: u32,                  // elements that the dispatch computes
  offsets: array<vec4<u32>, 3>,   // where each operand begins in its binding, in units of reading

  // Operands that repeat elements: the place of an element is (index / inner) % period.
  inner: vec4<u32>,               // a divisor
  period: vec4<u32>,              // a divisor
  run: vec4<u32>,                 // a divisor: the length of runs in reductions and split tensors
  blocks: vec4<u32>,              // a divisor: the blocks of a row, for functions along an axis
  parameters: vec4<f32>,          // the values of the parameters that are not learned
  rate: vec4<f32>,                // the temperature, as src/kernels/rate.rs describes

  // Training mode: the key and the counter of the random number generator.
  seed: vec2<u32>,
  counter: vec2<u32>,
  phase: u32,                     // which of the counter's four numbers is for the first element
  dropped_below: u32,             // smaller random numbers drop an element, in units of 2^-24
  keep_scale: f32,                // the factor of all other elements
  repeated: u32,                  // bit k is set if operand k repeats more than one element

  // Reductions: rows of `length` terms, of which each makes `stride` partial sums. sums.wgsl and
  // fold.wgsl say what they make of these.
  length: u32,                    // for functions along an axis: the elements of a row
  stride: u32,                    // for functions along an axis: from an element to the next
  gate: u32,                      // 1 if gates come before values, or for the gate's gradient

  // Functions along an axis: a row is made of blocks of so many elements. `run` has the threads of
  // neighbouring columns. Rows in spans have the phase of their search in `gate`.
  block: u32,
  start: u32,                     // the index along the axis of the first element
  negate: u32,                    // the sign bit if x is negated, else 0
  zero: f32,                      // 0, which no compiler knows
  empty_is_zero: u32,             // 1 if a row in which no element counts gives zeros

  // The keys that count, as causal.wgsl says.
  queries: vec4<u32>,             // a divisor: the queries that follow each other among rows
  first_row: u32,                 // the index of the first row among queries
  first_key: u32,                 // an i32: from a query's index to that of its first key
  key_end: u32,                   // an i32: from a query's index to that behind its last key

  // Cross-entropy: parameters are the cap, the shares of other classes and of the target, and z_loss.
  classes: u32,
  ignore_index: u32,              // the class of rows that are ignored, an i32

  // From a thread's first vector to its second one, and a mask: the bits of a thread's index in it
  // are added to the index for the first vector.
  pairing: vec4<u32>,

  // Operands of expressions that are numbers of the host's.
  scalars: array<vec4<f32>, 4>,
}

@group(0) @binding(0) var<uniform> uniforms: Uniforms;

// The index of an invocation, or of a workgroup, in a dispatch of two dimensions.
fn dispatch_index(id: vec3<u32>) -> u32 {
  return id.y * uniforms.row_width + id.x;
}

// The indices of the four elements of the i-th vector.
fn vector_elements(i: u32) -> vec4<u32> {
  return 4u * i + vec4<u32>(0u, 1u, 2u, 3u);
}

// The two vectors of a thread: one in each half of the tensor, or eight apart. Neighbouring threads
// have neighbouring vectors.
fn thread_vectors(thread: u32) -> vec2<u32> {
  let first = thread + (thread & uniforms.pairing.y);
  return vec2<u32>(first, first + uniforms.pairing.x);
}
