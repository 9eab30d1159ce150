// Shared arithmetic of the activations: single f32, right whether the device fuses a * b + c or not, whether it keeps
// subnormals or flushes them, and with a division that is 2.5 ulp off. Built-in exp, log and tanh are not used: WGSL
// allows them errors of 1e5 ulp and more. Bounds are in ulp of the true value.

// e^x as 2^k * (1 + q). The low bits of t hold k plus the bias that the caller's magic number asked for.
struct ExpParts { q: f32, t: f32 }

// A number as the sum hi + lo.
struct Pair { hi: f32, lo: f32 }

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

// (e^r - 1 - r) / r^2 for |r| <= 0.35.
fn expm1_polynomial(r: f32) -> f32 {
  return (((0.00138634956 * r + 0.00836762041) * r + 0.0416672453) * r + 0.166665331) * r + 0.5;
}

// e^r - 1 for |r| <= 0.35. r stands alone, so the relative error stays small as r goes to 0.
fn expm1_core(r: f32) -> f32 {
  return r * r * expm1_polynomial(r) + r;
}

// e^x in parts. magic = 1.5 * 2^23 + 127 + b makes pow2(t) = 2^(k + b): room for a result that is normal although e^x
// itself is not. k * 0.693145752 is exact (8 + 15 bits), and so is x minus it; the tail of ln 2 comes after.
fn exp_parts(x: f32, magic: f32) -> ExpParts {
  let t = round_magic(x * 1.44269504, magic);
  let k = t - magic;
  let r = (x - k * 0.693145752) - k * 1.42860677e-6;
  return ExpParts(expm1_core(r), t);
}

// The same for x = hi + lo, hi of 24 bits at most: only the argument is a pair, and only here.
fn exp_parts_of(x: Pair, magic: f32) -> ExpParts {
  let t = round_magic((x.hi + x.lo) * 1.44269504, magic);
  let k = t - magic;
  let r = fence(x.hi - k * 0.693145752, t) + (x.lo - k * 1.42860677e-6);
  return ExpParts(expm1_core(r), t);
}

// y * e^x with one rounding: 1 + q is never formed, and the power of two is exact.
fn times_exp(y: f32, e: ExpParts) -> f32 {
  return (y * e.q + y) * pow2(e.t);
}

// a e^min(x, 0), to 1.3 ulp for |a| < 2^25: with an a above 1 the result is normal where e^x is not, so that the power of
// two carries 2^32 and a carries 2^-32.
fn scaled_exp(a: f32, x: f32) -> f32 {
  let large = abs(a) > 1.0;
  let e = exp_parts(max(min(x, 0.0), select(-88.0, -110.0, large)), select(12583039.0, 12583071.0, large));
  return times_exp(a * select(1.0, fence(2.3283064e-10, e.t), large), e);
}

// The same for y = hi + lo.
fn times_exp_parts(y: Pair, e: ExpParts) -> f32 {
  return (y.hi + (y.lo + (y.hi + y.lo) * e.q)) * pow2(e.t);
}

// e^x - 1 for x <= 0, to 1.6 ulp: 2^k - 1 and 2^k * q are exact, one addition rounds. -1 below -60; never +0, also where
// the device flushes the result.
fn expm1_negative(x: f32) -> f32 {
  let e = exp_parts(max(x, -60.0), 12583039.0);
  let s = pow2(e.t);
  return -abs(s * e.q + (s - 1.0));
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
  return Pair(y, (((n.hi - d_upper * y) + n.lo) - (d - d_upper) * y) * r);
}

// 1 / d to 1 ulp, likewise, and cheaper. The estimate keeps 16 bits, whose mask is a fence, too; a Newton step does the rest.
fn reciprocal(d: f32) -> f32 {
  let r = bitcast<f32>(bitcast<u32>(1.0 / d) & 0xffffff00u);
  return (1.0 - d * r) * r + r;
}

// 4E / (1 + E)^2 with E = e^-a, a >= 0: sech(a/2)^2, down to the smallest normal number. e holds 2^(k+2).
// 1 + E (2 + E) rounds once where E is small; (1 + E)^2 would round three times.
fn sech_squared_half(a: f32) -> f32 {
  let e = exp_parts(-min(a, 89.4), 12583041.0);
  let quarter = 0.25 * pow2(e.t);
  let E = quarter * e.q + quarter;
  return times_exp_parts(quotient_parts(Pair(1.0, 0.0), E * (2.0 + E) + 1.0), e);
}

// ---------------------------------------------------------------- pairs

// a * b to 2^-36: hi is exact, lo the rest.
fn product(a: f32, b: f32) -> Pair {
  let a_upper = upper(a);
  let b_upper = upper(b);
  return Pair(a_upper * b_upper, a_upper * (b - b_upper) + (a - a_upper) * b);
}

// factor * x as the argument of an exponential: to 2^-36, and to one rounding where it is beyond all exponentials. 0 for
// a factor of 0.
fn argument(factor: f32, x: f32) -> Pair {
  let rounded = scaled(factor, x);
  let exact = product(factor, x);
  let far = abs(rounded) > 128.0 || factor == 0.0;
  return Pair(select(exact.hi, clamp(rounded, -256.0, 256.0), far), select(exact.lo, 0.0, far));
}

// a * x + b + rest, relative to the result also where it cancels: the parts of the product are exact, and where the sum is
// small, so are their sums one by one. |rest| is of the size of b's last bit; |a * x| < 2^100.
fn affine(a: f32, x: f32, b: f32, rest: f32) -> f32 {
  let a_upper = upper(a);
  let x_upper = upper(x);
  let a_lower = a - a_upper;
  let x_lower = x - x_upper;
  let first = fence(a_upper * x_upper + b, abs(x) + 1.0);
  let least = a_lower * x_lower + rest;
  let together = first + ((a_upper * x_lower + a_lower * x_upper) + least);
  let one_by_one = (fence(first + a_upper * x_lower, abs(x) + 1.0) + a_lower * x_upper) + least;
  return select(together, one_by_one, abs(first) < 0.002 * abs(b));
}

// ---------------------------------------------------------------- logistic functions

// 1 / (1 + e^-z) to 2.7 ulp. The sum cancels nowhere, so it needs no cases. 2^-34 goes through it, so that neither e^88
// nor the Newton step of the reciprocal leaves the range of f32.
fn logistic(z: Pair) -> f32 {
  let far = abs(z.hi) > 87.5;
  let e = exp_parts_of(Pair(-clamp(z.hi, -88.0, 40.0), -select(z.lo, 0.0, far)), 12583005.0);
  let s = pow2(e.t);
  let y = reciprocal(s * e.q + (5.820766e-11 + s)) * fence(5.820766e-11, e.t);
  return select(y, 0.0, z.hi < -87.5);
}

// x / (1 + e^-z), for x that has the sign of z or the other: the factor may be below f32 while the result is normal.
fn gate(x: f32, z: Pair) -> f32 {
  let far = abs(z.hi) > 104.0;
  let e = exp_parts_of(Pair(-clamp(z.hi, -105.0, 40.0), -select(z.lo, 0.0, far)), 12583005.0);
  let s = pow2(e.t);
  let r = reciprocal(s * e.q + (5.820766e-11 + s));
  let tiny = fence(5.820766e-11, e.t);
  // A large x goes with a z near 0, and would overflow.
  let y = select((x * r) * tiny, x * (r * tiny), abs(x) > 1048576.0);
  return select(select(y, x, z.hi > 40.0), copy_sign(0.0, x), z.hi < -104.0);
}

// The zero of the derivative of z / (1 + e^-z), in two parts.
const GATE_ZERO = 1.27846456;
const GATE_ZERO_REST = -1.29792825e-08;

// The derivative of z / (1 + e^-z): E (1 + E + z) / (1 + E)^2 with E = e^z for z < 0, and 1 minus that of -z for z > 0. Near
// its zero, where 1 + E + z cancels, t K(z) with t = -|z| + GATE_ZERO + GATE_ZERO_REST. E carries 2^24 for the tail.
fn gate_derivative(z: Pair, t: f32) -> f32 {
  let flip = select(1.0, -1.0, z.hi > 0.0);
  let near = abs(z.hi) < 104.0;
  let hi = select(-104.5, flip * z.hi, near);
  let lo = select(0.0, flip * z.lo, near);
  let e = exp_parts_of(Pair(hi, lo), 12583063.0);
  let s = pow2(e.t) * 5.9604645e-8;
  let E = s * e.q + s;
  let v = (hi + lo) + 0.953125;
  let K = (((((((-0.000119875964 * v - 4.69899715e-05) * v + 0.00101428048) * v + 0.00197792077) * v - 0.00495649176) * v - 0.0230747703) * v + 1.19591059e-05) * v + 0.153212398) * v + 0.266923428;
  let far = times_exp_parts(quotient_parts(Pair(1.0 + hi, E + lo), E * (2.0 + E) + 1.0), e) * fence(5.9604645e-8, e.t);
  let y = select(far, t * K, abs(v) < 0.62);
  return select(y, 1.0 - y, z.hi > 0.0);
}

// 2^24 log(1 + e^n) for n <= 0, to 2 ulp: E - E^2 R(E), a polynomial, immune to sloppy division. 2^24 is for the tail.
fn log1p_exp_2_24(n: Pair) -> f32 {
  let near = n.hi > -104.0;
  let e = exp_parts_of(Pair(select(-104.5, n.hi, near), select(0.0, n.lo, near)), 12583063.0);
  let s = pow2(e.t);
  let scaled_E = s * e.q + s;
  let E = scaled_E * fence(5.9604645e-8, e.t);
  let R = (((((((0.0033065395 * E - 0.0201503336) * E + 0.0575615279) * E - 0.10670013) * E + 0.153490975) * E - 0.196931928) * E + 0.24958156) * E - 0.333304703) * E + 0.499999315;
  return scaled_E - scaled_E * (E * R);
}
