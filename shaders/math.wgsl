// Shared arithmetic of the activations: single f32, right whether the device fuses a * b + c or not, whether it keeps
// subnormals or flushes them, and with a division that is 2.5 ulp off. Built-in exp, log and tanh are not used: WGSL
// allows them errors of 1e5 ulp and more. Bounds are in ulp of the true value.

// e^x as 2^k * (1 + q). The low bits of t hold k plus the bias that the caller's magic number asked for.
struct ExpParts { q: f32, t: f32 }

// A number as the sum hi + lo.
struct Pair { hi: f32, lo: f32 }

// select() of integers. The version for four lanes is written by hand: desktop GLSL selects vectors of integers since 4.5 only.
fn select_bits(a: u32, b: u32, is_b: bool) -> u32 {
  return select(a, b, is_b);
}
fn select_bits_vec4(a: vec4<u32>, b: vec4<u32>, is_b: vec4<bool>) -> vec4<u32> {
  return vec4<u32>(
    select(a.x, b.x, is_b.x), select(a.y, b.y, is_b.y),
    select(a.z, b.z, is_b.z), select(a.w, b.w, is_b.w),
  );
}

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

// x < 0, likewise, and not NaN.
fn is_negative(x: f32) -> bool {
  return bitcast<u32>(x) - 0x80000001u < 0x7f800000u;
}

// Integers in the order of the numbers, zeros equal: devices that flush subnormal numbers compare these right, too. NaN is
// beyond an infinity.
fn order(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select_bits(bits + 0x80000000u, 0u - bits, bits >= 0x80000000u);
}

// |x| > limit.
fn is_beyond(x: f32, limit: f32) -> bool {
  return order(copy_sign(x, 1.0)) > order(limit);
}

// min(|x|, most), and most for NaN: on bits, since min() and clamp() of floats cost software drivers three times as much.
fn magnitude(x: f32, most: f32) -> f32 {
  return bitcast<f32>(min(bitcast<u32>(x) & 0x7fffffffu, bitcast<u32>(most)));
}

// y, or -y where the sign bit of x is set.
fn flip_sign(y: f32, x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(y) ^ (bitcast<u32>(x) & 0x80000000u));
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

// x, seen by no optimiser: the sign bit of t is 0, which no compiler can know. It keeps a compiler from merging (x * s) * c
// into x * (s * c), which underflows, (a - b) - c into a - (b + c), which rounds, and (x + a) * b into x * b + a * b, which is not
// 0 where it should be: NVIDIA's does that where a and b are constants.
fn fence(x: f32, t: f32) -> f32 {
  return flip_sign(x, t);
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

// a + b x + c x^2 + d x^3, x2 = x^2. Polynomials are made of these: in Horner's scheme each step waits for the one before.
fn cubic(x: f32, x2: f32, a: f32, b: f32, c: f32, d: f32) -> f32 {
  return (d * x + c) * x2 + (b * x + a);
}

// e^r - 1 for |r| <= 0.35. r stands alone, so the relative error stays small as r goes to 0.
fn expm1_core(r: f32) -> f32 {
  let r2 = r * r;
  return r2 * (r2 * r2 * 0.00138634956 + cubic(r, r2, 0.5, 0.166665331, 0.0416672453, 0.00836762041)) + r;
}

// e^x in parts. magic = 1.5 * 2^23 + 127 + b makes pow2(t) = 2^(k + b): room for a result that is normal although e^x
// itself is not. k * 0.693145752 is exact (8 + 15 bits), and so is x minus it; the tail of ln 2 comes after.
fn exp_parts(x: f32, magic: f32) -> ExpParts {
  let t = round_magic(x * 1.44269504, magic);
  let k = t - magic;
  let r = fence(x - k * 0.693145752, t) - k * 1.42860677e-6;
  return ExpParts(expm1_core(r), t);
}

// The same for x = hi + lo, hi of 24 bits at most: only the argument is a pair, and only here.
fn exp_parts_of(x: Pair, magic: f32) -> ExpParts {
  let t = round_magic((x.hi + x.lo) * 1.44269504, magic);
  let k = t - magic;
  let r = fence(x.hi - k * 0.693145752, t) + (x.lo - k * 1.42860677e-6);
  return ExpParts(expm1_core(r), t);
}

// e^x. 1 + q before the power of two, so that nothing is flushed.
fn exp_of(e: ExpParts) -> f32 {
  return (e.q + 1.0) * pow2(e.t);
}

// Whether a parameter is known to be 1, as many are by default. Compilers then drop a select() by it. A parameter that is known at
// run time only is not asked: the shortcut would cost more than it saves.
fn is_one(a: f32) -> bool {
  return PARAMETERS_ARE_CONSTANT & (a == 1.0);
}

// a e^-|x|, to 1.8 ulp for |a| < 2^25: with an a above 1 the result is normal where e^x is not, so that the power of
// two carries 2^32 and a carries 2^-32.
fn scaled_exp(a: f32, x: f32) -> f32 {
  let large = abs(a) > 1.0;
  let e = exp_parts(-magnitude(x, select(88.0, 110.0, large)), select(12583039.0, 12583071.0, large));
  let y = fence(a * select(1.0, 2.3283064e-10, large), e.t) * fence(exp_of(e), e.t);
  return select(y, exp_of(e), is_one(a));
}

// y e^x for y = hi + lo, with one rounding.
fn times_exp_parts(y: Pair, e: ExpParts) -> f32 {
  return (y.hi + (y.hi * e.q + y.lo * (e.q + 1.0))) * pow2(e.t);
}

// 1 - e^x for -88 <= x <= 0, to 1.6 ulp: 1 - 2^k and 2^k * q are exact, one subtraction rounds. Never -0, also where the
// device flushes the result.
fn one_minus_exp(e: ExpParts) -> f32 {
  let s = pow2(e.t);
  return (1.0 - s) - s * e.q;
}

// a (e^-|x| - 1), likewise.
fn scaled_expm1(a: f32, x: f32) -> f32 {
  return -a * one_minus_exp(exp_parts(-magnitude(x, 88.0), 12583039.0));
}

// The upper 12 bits of x: the product of two such numbers is exact.
fn upper(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}

// (n.hi + n.lo) / d in two parts to 2^-33, however sloppy the division is, for normal d far from both ends and a numerator
// above 2^-100, below which the remainder is flushed: 12 bits of the quotient make the remainder exact, without a rounding
// of the numerator's sum.
fn quotient_parts(n: Pair, d: f32) -> Pair {
  let r = 1.0 / d;
  let d_upper = upper(d);
  let y = upper((n.hi + n.lo) * r);
  return Pair(y, (fence(n.hi - d_upper * y, r) + (n.lo - (d - d_upper) * y)) * r);
}

// 1 / d for d > 0 to 1 ulp, likewise, and cheaper. The estimate keeps 16 bits, whose mask is a fence, too; a Newton step does the rest,
// before anything small is multiplied and the step would be flushed.
fn reciprocal(d: f32) -> f32 {
  let r = bitcast<f32>(bitcast<u32>(1.0 / d) & 0xffffff00u);
  return fence((1.0 - d * r) * r, r) + r;
}

// 4E / (1 + E)^2 with E = e^-a: sech(a/2)^2, down to the smallest normal number. e holds 2^(k+2). 1 + E (2 + E) rounds less
// than (1 + E)^2.
fn sech_squared_half(a: f32) -> f32 {
  let e = exp_parts(-magnitude(a, 89.4), 12583041.0);
  let s = 0.25 * pow2(e.t);
  let E = (e.q + 1.0) * s;
  return (e.q + 1.0) * reciprocal(E * (s * e.q + (s + 2.0)) + 1.0) * pow2(e.t);
}

// 2 tanh(x/2) sech(x/2)^2 = 8E (1 - E) / (1 + E)^3 with E = e^-|x|, and the sign of x, likewise. e holds 2^(k+3).
fn tanh_sech_squared_half(x: f32) -> f32 {
  let e = exp_parts(-magnitude(x, 90.0), 12583042.0);
  let s = 0.125 * pow2(e.t);
  let r = reciprocal(s * e.q + (s + 1.0));
  return flip_sign(((1.0 - s) - s * e.q) * pow2(e.t) * (e.q + 1.0) * (r * r * r), x);
}

// ---------------------------------------------------------------- pairs

// a * b to 2^-36: hi is exact, lo the rest, of the same sign.
fn product(a: f32, b: f32) -> Pair {
  let a_upper = upper(a);
  let b_upper = upper(b);
  return Pair(a_upper * b_upper, a_upper * (b - b_upper) + (a - a_upper) * b);
}

// x, and a large number for one that is infinite or NaN.
fn finite(x: f32) -> f32 {
  return copy_sign(magnitude(x, 3.4e38), x);
}

// a * x for a parameter a and any x, as product(). With an a of 1 nothing is left to do.
fn parameter_times(a: f32, x: f32) -> Pair {
  let p = product(a, finite(x));
  return Pair(select(p.hi, x, is_one(a)), select(p.lo, 0.0, is_one(a)));
}

// a * x > b, exactly, likewise. |a * x| < 2^100 for a finite x.
fn exceeds(a: f32, x: f32, b: f32) -> bool {
  let c = finite(x);
  let a_upper = upper(a);
  let c_upper = upper(c);
  let first = fence(a_upper * c_upper - b, c * c_upper);
  let second = fence(first + a_upper * (c - c_upper), c * c_upper);
  let sum = fence(second + (a - a_upper) * c_upper, c * c_upper) + (a - a_upper) * (c - c_upper);
  return ((sum > 0.0) & !is_one(a)) | ((x > b) & is_one(a));
}

// a * x + b + rest, relative to the result also where it cancels: the parts of the product are exact, and where the sum is
// small, so are their sums one by one. |rest| is of the size of b's last bit; |a * x| < 2^100.
fn affine(a: f32, x: f32, b: f32, rest: f32) -> f32 {
  let a_upper = upper(a);
  let x_upper = upper(x);
  let a_lower = a - a_upper;
  let x_lower = x - x_upper;
  let first = fence(a_upper * x_upper + b, x * x_upper);
  let least = a_lower * x_lower + rest;
  var sum = first + ((a_upper * x_lower + a_lower * x_upper) + least);
  if (abs(first) < 0.002 * abs(b)) {
    // Two fences, since two of a kind are none where a_lower is known to be 0.
    sum = fence(fence(first + a_upper * x_lower, x * x_upper) + a_lower * x_upper, x * x) + least;
  }
  return sum;
}
