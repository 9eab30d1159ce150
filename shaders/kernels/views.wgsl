// Where the elements of strided tensors lie: the same struct as `Views` in src/kernels/call.rs.
struct Views {
  start: u32,                     // index of the dispatch's first element
  dimensions: u32,
  shape: array<vec4<u32>, 6>,     // as divisors, the innermost dimension first
  strides: array<vec4<u32>, 6>,   // of x (or the values), grad_output, tangent and the gates
}

@group(0) @binding(11) var<uniform> views: Views;

// How far the i-th element of each lies from its first.
fn offsets(i: u32) -> vec4<u32> {
  var rest = views.start + i;
  var sum = vec4<u32>();
  for (var dimension = 0u; dimension < views.dimensions; dimension++) {
    let size = views.shape[dimension];
    let quotient = divide(rest, size);
    sum += (rest - quotient * size.x) * views.strides[dimension];
    rest = quotient;
  }
  return sum;
}
