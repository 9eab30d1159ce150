// What is done to an element of x before its row is reduced. Each function makes a logit of a logit.

// For softmin x is negated.
fn negated(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ u32(uniforms.negate));
}

// cap tanh(x / cap). Needs the activation softcap.
fn capped(x: f32) -> f32 {
  return softcap(x, f32(uniforms.parameters.x));
}

// The derivative of capped(). It is even, so that the sign of x does not matter.
fn cap_derivative(x: f32) -> f32 {
  return softcap_derivative(x, f32(uniforms.parameters.x));
}

// Adds the mask, rounded once. NaN in either stays NaN.
fn with_mask(x: f32, mask: f32) -> f32 {
  return keep_nan(keep_nan(opt_barrier(x + mask, f32(uniforms.zero)), mask), x);
}

// Takes -Inf where the mask is 0, whatever x is there. Bits decide, since a mask of integers may
// look like subnormal numbers, which devices flush.
fn with_boolean_mask(x: f32, mask: f32) -> f32 {
  return only_if(x, (bitcast<u32>(mask) & MAGNITUDE_BITS) != 0u);
}

fn only_if(x: f32, counts: bool) -> f32 {
  return select(bitcast<f32>(MINUS_INFINITY_BITS ^ bitcast<u32>(f32(uniforms.zero))), x, counts);
}

// Adds a number of the standard Gumbel distribution, -log(-log(u)), where u is a random number
// from 2^-24 to 1 - 2^-24 that is in the middle of one of 2^23 equal steps.
fn with_noise(x: f32, word: u32) -> f32 {
  let u = (f32(word >> 9u) + 0.5) * TWO_POW_MINUS_23;
  return keep_nan(opt_barrier(x - logarithm(Pair(-logarithm(Pair(u, 0.0)), 0.0)), f32(uniforms.zero)), x);
}
