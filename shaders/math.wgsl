// Shared arithmetic of the activations: single f32, right whether the device fuses a * b + c or not, whether it keeps
// subnormals or flushes them, and with a division that is 2.5 ulp off. Built-in exp, log and tanh are not used: WGSL
// allows them errors of 1e5 ulp and more. Bounds are in ulp of the true value.

// e^x as 2^k * (1 + q). The low bits of t hold k plus the bias that the caller's magic number asked for.
struct ExpParts { q: f32, t: f32 }

// y where x is a number, else x. NaN is decided on bits: `x != x` is false on Vulkan drivers, and min, max and clamp lose it.
fn keep_nan(y: f32, x: f32) -> f32 {
  return select(y, x, (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u);
}

// x > 0, and x >= 0 with -0: on bits as well, since devices that flush subnormal numbers compare them as zeros. NaN may be
// either.
fn is_positive(x: f32) -> bool {
  return bitcast<u32>(x) - 1u < 0x7fffffffu;
}
fn is_nonnegative(x: f32) -> bool {
  return bitcast<u32>(x) <= 0x80000000u;
}

// The magnitude of y with the sign of x.
fn copy_sign(y: f32, x: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(y) & 0x7fffffffu) | (bitcast<u32>(x) & 0x80000000u));
}

// factor * x, and 0 for a factor of 0 even where x is infinite: the limit, and what a zero derivative passes on. NaN in x
// or in the factor stays NaN.
fn scaled(factor: f32, x: f32) -> f32 {
  return keep_nan(select(factor * x, 0.0, factor == 0.0), x);
}

// x, seen by no optimiser: t is a magic number, whose sign bit is 0, which no compiler can know. It keeps a compiler
// from merging (x * s) * c into x * (s * c), which underflows.
fn fence(x: f32, t: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ (bitcast<u32>(t) & 0x80000000u));
}

// round(y) + b in the low mantissa bits, for magic = 1.5 * 2^23 + b: no round(), no conversion to integer.
// The OR sets bits that are set already, so that t - magic is not folded back into y.
fn round_magic(y: f32, magic: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(y + magic) | 0x4b000000u);
}

// 2^k from the low bits of t, which hold k + 127; exactly 0 at k = -127: how every function below reaches its limit of 0.
fn pow2(t: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(t) << 23u);
}

// e^r - 1 for |r| <= 0.35. r stands alone, so the relative error stays small as r goes to 0.
// Minimax in the relative error of e^r, coefficients rounded to f32 one by one.
fn expm1_core(r: f32) -> f32 {
  let p = (((0.00138634956 * r + 0.00836762041) * r + 0.0416672453) * r + 0.166665331) * r + 0.5;
  return r * r * p + r;
}

// e^x in parts. magic = 1.5 * 2^23 + 127 + b makes pow2(t) = 2^(k + b): room for a result that is normal although e^x
// itself is not. k * 0.693145752 is exact (8 + 15 bits), and so is x minus it; the tail of ln 2 comes after.
fn exp_parts(x: f32, magic: f32) -> ExpParts {
  let t = round_magic(x * 1.44269504, magic);
  let k = t - magic;
  let r = (x - k * 0.693145752) - k * 1.42860677e-6;
  return ExpParts(expm1_core(r), t);
}

// y * e^x with one rounding: 1 + q is never formed, and the power of two is exact.
fn times_exp(y: f32, e: ExpParts) -> f32 {
  return (y * e.q + y) * pow2(e.t);
}

// e^x - 1 for x <= 0, to 1.6 ulp: 2^k - 1 and 2^k * q are exact, one addition rounds. -1 below -60; never +0, also where
// the device flushes the result.
fn expm1_negative(x: f32) -> f32 {
  let e = exp_parts(max(x, -60.0), 12583039.0);
  let s = pow2(e.t);
  return -abs(s * e.q + (s - 1.0));
}

// 1 / d to 1 ulp, for d a normal number far from both ends. The estimate keeps 16 bits (the mask is a fence, too);
// one Newton step does the rest, so that a sloppy division does not matter.
fn reciprocal(d: f32) -> f32 {
  let r = bitcast<f32>(bitcast<u32>(1.0 / d) & 0xffffff00u);
  return (1.0 - d * r) * r + r;
}

// 4E / (1 + E)^2 with E = e^-a, a >= 0: sech(a/2)^2, to 4 ulp down to the smallest normal number. e holds 2^(k+2).
// 1 + E (2 + E) rounds once where E is small; (1 + E)^2 would round three times.
fn sech_squared_half(a: f32) -> f32 {
  let e = exp_parts(-min(a, 89.4), 12583041.0);
  let quarter = 0.25 * pow2(e.t);
  let E = quarter * e.q + quarter;
  return times_exp(reciprocal(E * (2.0 + E) + 1.0), e);
}
