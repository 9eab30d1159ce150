// Arithmetic that the activations share, in f32 alone. It is right whether or not a device fuses a
// product with a sum, whether it keeps subnormal numbers or flushes them, and with a division that
// is 2.5 ulp off. The built-in exp, log and tanh are not used, since WGSL allows them errors of
// 1e5 ulp and more. Bounds are in ulp of the true value.
//
// Rust puts `const PARAMETERS_ARE_CONSTANT: bool` in front of this text.

const SIGN_BIT: u32 = 0x80000000u;
const MAGNITUDE_BITS: u32 = 0x7fffffffu;
const MANTISSA_BITS: u32 = 0x7fffffu;
const INFINITY_BITS: u32 = 0x7f800000u;
const QUIET_NAN_BITS: u32 = 0x7fc00000u;
const MINUS_INFINITY_BITS: u32 = 0xff800000u;
const TWO_POW_23_BITS: u32 = 0x4b000000u;

// The largest f32. With more digits it would be above that, which WGSL refuses.
const F32_MAX: f32 = 3.4028234e38;
const TWO_POW_23: f32 = 8388608.0;
const TWO_POW_51: f32 = 2251799813685248.0;
const TWO_POW_64: f32 = 18446744073709551616.0;
const TWO_POW_32: f32 = 4294967296.0;
const TWO_POW_MINUS_12: f32 = 0.000244140625;
const TWO_POW_MINUS_24: f32 = 5.9604645e-8;
const TWO_POW_MINUS_32: f32 = 2.3283064e-10;
const TWO_POW_MINUS_64: f32 = 5.42101086e-20;
const SIXTH: f32 = 0.166666672;

// 1.5 * 2^23 + n for round_magic(). Exponents of f32 have a bias of 127; what is more than that
// multiplies the result of pow2(), so that 151 makes 2^24 of it.
const MAGIC: f32 = 12582912.0;
const MAGIC_127: f32 = 12583039.0;
const MAGIC_129: f32 = 12583041.0;
const MAGIC_130: f32 = 12583042.0;
const MAGIC_151: f32 = 12583063.0;
const MAGIC_159: f32 = 12583071.0;

// From these x on, pow2() makes 0 of e^-x, with MAGIC_127, MAGIC_151 and MAGIC_159.
const EXP_LIMIT: f32 = 88.0;
const EXP_LIMIT_24: f32 = 104.5;
const EXP_LIMIT_32: f32 = 110.0;

// ln 2 in two parts, of which the first has 15 bits, and its inverse: scripts/fit.py, "LN_2".
const LN_2_HIGH: f32 = 0.693145752;
const LN_2_LOW: f32 = 1.42860677e-6;
const LOG2_E: f32 = 1.44269504;

// e^x as 2^k * (1 + q). The low bits of t hold k plus the n of the magic number.
struct ExpParts { q: f32, t: f32 }

// A number as the sum hi + lo.
struct Pair { hi: f32, lo: f32 }

// ---------------------------------------------------------------- bits

// select() of integers. The version for four lanes is written by hand: desktop GLSL selects vectors
// of integers since 4.5 only.
fn select_bits(a: u32, b: u32, is_b: bool) -> u32 {
  return select(a, b, is_b);
}
fn select_bits_vec4(a: vec4<u32>, b: vec4<u32>, is_b: vec4<bool>) -> vec4<u32> {
  return vec4<u32>(
    select(a.x, b.x, is_b.x), select(a.y, b.y, is_b.y),
    select(a.z, b.z, is_b.z), select(a.w, b.w, is_b.w),
  );
}

// Only bits tell NaN: `x != x` is false on some Vulkan drivers, and min, max and clamp lose NaN.
fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & MAGNITUDE_BITS) > INFINITY_BITS;
}

// y where x, which the function was given, is a number, else x.
fn keep_nan(y: f32, x: f32) -> f32 {
  return select(y, x, is_nan(x));
}

// NaN, else y. WGSL has no constant NaN, but one of its bits.
fn nan_where(condition: bool, y: f32) -> f32 {
  return bitcast<f32>(select_bits(bitcast<u32>(y), QUIET_NAN_BITS, condition));
}

// x > 0, and x >= 0 with -0. Bits decide here, too, since devices that flush subnormal numbers
// compare them as zeros. The result for NaN may be either.
fn is_positive(x: f32) -> bool {
  return bitcast<i32>(x) > 0i;
}
fn is_nonnegative(x: f32) -> bool {
  return bitcast<u32>(x) <= SIGN_BIT;
}

// x < 0 in the same way, and false for NaN.
fn is_negative(x: f32) -> bool {
  return bitcast<u32>(x) - 0x80000001u < INFINITY_BITS;
}

// Integers in the order of the numbers, with equal zeros and with every NaN above the rest. They
// are right for subnormal numbers on all devices, and max() of them keeps NaN.
fn order(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let is_negative = (bits >= SIGN_BIT) & (bits <= MINUS_INFINITY_BITS);
  return select_bits(bits | SIGN_BIT, 0u - bits, is_negative);
}

// The number of this order.
fn of_order(order: u32) -> f32 {
  return bitcast<f32>(select_bits(0u - order, order & MAGNITUDE_BITS, order >= SIGN_BIT));
}

// |x| > limit.
fn is_beyond(x: f32, limit: f32) -> bool {
  return order(copy_sign(x, 1.0)) > order(limit);
}

// min(|x|, most), and most for NaN. min() and clamp() of floats cost software drivers three times
// as much as this.
fn magnitude(x: f32, most: f32) -> f32 {
  return bitcast<f32>(min(bitcast<u32>(x) & MAGNITUDE_BITS, bitcast<u32>(most)));
}

// y, or -y where the sign bit of x is set.
fn flip_sign(y: f32, x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(y) ^ (bitcast<u32>(x) & SIGN_BIT));
}

// |y| with the sign of x.
fn copy_sign(y: f32, x: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(y) & MAGNITUDE_BITS) | (bitcast<u32>(x) & SIGN_BIT));
}

// x between -most and most; NaN becomes one of them.
fn clamp_magnitude(x: f32, most: f32) -> f32 {
  return copy_sign(magnitude(x, most), x);
}

// x, or a large number for one that is infinite or NaN.
fn finite(x: f32) -> f32 {
  return clamp_magnitude(x, 3.4e38);
}

// factor * x, and 0 for a factor of 0 even where x is infinite: a derivative of 0 passes 0 on. NaN
// in either stays NaN.
fn scaled(factor: f32, x: f32) -> f32 {
  return select(factor * x, keep_nan(0.0, x), factor == 0.0);
}

// x, hidden from optimizers: the sign bit of t is 0, which no compiler can know. Without it,
// compilers merge (x * s) * c into x * (s * c), which underflows, (a - b) - c into a - (b + c),
// which rounds, and, as NVIDIA's does where a and b are constants, (x + a) * b into x * b + a * b,
// which is not 0 where it should be.
fn opt_barrier(x: f32, t: f32) -> f32 {
  return flip_sign(x, t);
}

// True if a parameter is known to be 1, as many are by default. Compilers then drop a select() by
// it. Parameters that are known at run time only are not asked: the shortcut would cost more than
// it saves.
fn is_one(a: f32) -> bool {
  return PARAMETERS_ARE_CONSTANT & (a == 1.0);
}

// The upper 32 bits of a * b.
fn multiply_high(a: u32, b: u32) -> u32 {
  let low = (a & 0xffffu) * (b & 0xffffu);
  let middle = (a >> 16u) * (b & 0xffffu) + (low >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u);
}

// ---------------------------------------------------------------- powers of two

// The biased exponent of x, which is 127 for 1, 0 for numbers that devices may flush, and 255 for
// an infinity or NaN.
fn exponent(x: f32) -> u32 {
  return (bitcast<u32>(x) >> 23u) & 0xffu;
}

// x with another exponent.
fn with_exponent(x: f32, e: u32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & 0x807fffffu) | (e << 23u));
}

// x between 1 and 2 with its sign, without its power of two.
fn significand(x: f32) -> f32 {
  return with_exponent(x, 127u);
}

// times_pow2() takes this for an exponent of 0, so that k is never negative.
const POW2_BIAS: u32 = 2048u;

// y * 2^(k - POW2_BIAS): 0 below the smallest normal number, and an infinity beyond the largest.
fn times_pow2(y: f32, k: u32) -> f32 {
  let e = exponent(y) + k;
  let is_zero = (e <= POW2_BIAS) | (exponent(y) == 0u);
  let finite = select(with_exponent(y, e - POW2_BIAS), copy_sign(0.0, y), is_zero);
  let is_infinite = (e >= POW2_BIAS + 255u) | (exponent(y) == 255u);
  return select(finite, infinity(y), is_infinite);
}

// The same, except that a y up to 4 ulp too small does not make 0 of the smallest normal number.
fn times_pow2_or_least(y: f32, k: u32) -> f32 {
  let above = bitcast<f32>(bitcast<u32>(y) + 4u);
  let is_least = (exponent(y) + k == POW2_BIAS) & (exponent(above) > exponent(y));
  let least = bitcast<f32>(bitcast<u32>(above) & MINUS_INFINITY_BITS);
  return times_pow2(select(y, least, is_least), k);
}

// An infinity with the sign of x.
fn infinity(x: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & SIGN_BIT) | INFINITY_BITS);
}

// x, with a zero in place of a subnormal number, as devices may take these.
fn flushed(x: f32) -> f32 {
  return select(x, copy_sign(0.0, x), exponent(x) == 0u);
}

// y, or NaN where a parameter is infinite or NaN, and where the number under a root is negative.
fn nan_unless_finite(y: f32, a: f32) -> f32 {
  return nan_where(exponent(a) == 255u, y);
}
fn nan_where_negative(y: f32, d: f32) -> f32 {
  return nan_where(is_negative(d), y);
}

// ---------------------------------------------------------------- exponentials

// round(y) + n in the low mantissa bits, for magic = 1.5 * 2^23 + n, without round() and a
// conversion. The OR sets bits that are set already; it keeps compilers from folding t - magic back
// into y.
fn round_magic(y: f32, magic: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(y + magic) | TWO_POW_23_BITS);
}

// 2^k from the low bits of t, which hold k + 127. It is exactly 0 at k = -127: in this way every
// function below reaches its limit of 0.
fn pow2(t: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(t) << 23u);
}

// a + b x + c x^2 + d x^3 for x2 = x^2. Polynomials are made of these, since in Horner's scheme
// each step waits for the one before.
fn cubic(x: f32, x2: f32, a: f32, b: f32, c: f32, d: f32) -> f32 {
  return (d * x + c) * x2 + (b * x + a);
}

// A polynomial of degree 8.
fn octic(
  x: f32, a: f32, b: f32, c: f32, d: f32, e: f32, f: f32, g: f32, h: f32, i: f32,
) -> f32 {
  let x2 = x * x;
  let x4 = x2 * x2;
  return x4 * (x4 * i + cubic(x, x2, e, f, g, h)) + cubic(x, x2, a, b, c, d);
}

// e^r - 1 - r for |r| <= 0.3475 as r^2 P(r), with an error of 0.062 * 2^-24 e^r, from
// scripts/fit.py, "expm1_rest".
fn expm1_rest(r: f32) -> f32 {
  let r2 = r * r;
  let low = cubic(r, r2, 0.5, 0.166665331, 0.0416672453, 0.00836762041);
  return r2 * (r2 * r2 * 0.00138634956 + low);
}

// e^r - 1. r stands alone, so that the relative error stays small as r goes to 0.
fn expm1_core(r: f32) -> f32 {
  return expm1_rest(r) + r;
}

// e^x in parts. A magic number beyond MAGIC_127 makes room for a result that is normal although e^x
// is not. k * LN_2_HIGH is exact, with 8 and 15 bits, and so is x minus it.
fn exp_parts(x: f32, magic: f32) -> ExpParts {
  let t = round_magic(x * LOG2_E, magic);
  let k = t - magic;
  let r = opt_barrier(x - k * LN_2_HIGH, t) - k * LN_2_LOW;
  return ExpParts(expm1_core(r), t);
}

// The same for x = hi + lo, where hi may have all 24 bits.
fn exp_parts_of(x: Pair, magic: f32) -> ExpParts {
  let t = round_magic((x.hi + x.lo) * LOG2_E, magic);
  let k = t - magic;
  let r = opt_barrier(x.hi - k * LN_2_HIGH, t) + (x.lo - k * LN_2_LOW);
  return ExpParts(expm1_core(r), t);
}

// e^-|x|, and the same with a power of two that carries 2^24, for results in the tail.
fn exp_minus_abs(x: f32) -> ExpParts {
  return exp_parts(-magnitude(x, EXP_LIMIT), MAGIC_127);
}
fn exp_minus_abs_24(x: f32) -> ExpParts {
  return exp_parts(-magnitude(x, EXP_LIMIT_24), MAGIC_151);
}

// The exponential as one number. 1 + q comes before the power of two, so that nothing is flushed.
// Without the barrier, compilers add the 1 to a part of q, if nothing else needs q: then a kernel
// that needs it has other bits.
fn exp_of(e: ExpParts) -> f32 {
  return (opt_barrier(e.q, e.t) + 1.0) * pow2(e.t);
}

// The exponential without the 2^24 that it carries.
fn exp_of_24(e: ExpParts) -> f32 {
  return (opt_barrier(e.q, e.t) + 1.0) * (pow2(e.t) * TWO_POW_MINUS_24);
}

// The factors of the exponential. The power of two comes last, so that nothing is flushed before.
fn exp_mantissa(e: ExpParts) -> f32 {
  return e.q + 1.0;
}
fn exp_power(e: ExpParts) -> f32 {
  return pow2(e.t);
}

// A number that depends on the exponential and has no sign, for opt_barrier().
fn exp_fence(e: ExpParts) -> f32 {
  return e.t;
}

// y * 2^-24, which is the last step where an exponential has carried 2^24: y alone is normal.
fn unscaled(y: f32, e: ExpParts) -> f32 {
  return opt_barrier(y, exp_fence(e)) * TWO_POW_MINUS_24;
}

// The exponent k of an exponential, of which the magic number is not part. It may be negative.
fn exp_exponent(e: ExpParts, magic: f32) -> u32 {
  return bitcast<u32>(e.t) - bitcast<u32>(magic);
}

// Beyond it, the product of an exponential with any two f32 numbers is 0.
const EXP_LIMIT_OF_PRODUCT: f32 = 266.0;

// a b e^-|x| to 1.8 ulp. With a large a b the result may be normal where e^-|x| is not, so
// exponents are added. Where a b is a moderate constant, it is enough that the power of two carries
// 2^32, and where it is 1, nothing is carried.
fn scaled_exp(a: f32, b: f32, x: f32) -> f32 {
  let is_moderate = PARAMETERS_ARE_CONSTANT & (abs(a * b) < 16777216.0);
  let magic = select(MAGIC_159, MAGIC_127, is_one(a * b));
  let most = select(EXP_LIMIT_OF_PRODUCT, EXP_LIMIT_32, is_moderate);
  let e = exp_parts(-magnitude(x, select(most, EXP_LIMIT, is_one(a * b))), magic);
  let factor = opt_barrier(a * b * TWO_POW_MINUS_32, e.t);
  let moderate = select(factor * opt_barrier(exp_of(e), e.t), exp_of(e), is_one(a * b));

  let k = exp_exponent(e, magic) + exponent(a) + exponent(b) + (POW2_BIAS - 254u);
  let y = times_pow2(significand(a) * significand(b) * (e.q + 1.0), k);
  let with_zero = select(y, flip_sign(0.0, a * b), min(exponent(a), exponent(b)) == 0u);
  let with_infinity = select(with_zero, a * b, max(exponent(a), exponent(b)) == 255u);
  return select(with_infinity, moderate, is_moderate);
}

// y e^x.
fn times_exp(y: f32, e: ExpParts) -> f32 {
  return (y * e.q + y) * pow2(e.t);
}

// The same for y = hi + lo, with one rounding.
fn times_exp_parts(y: Pair, e: ExpParts) -> f32 {
  return (y.hi + (y.hi * e.q + y.lo * (e.q + 1.0))) * pow2(e.t);
}

// The same where a compiler might factor y.hi out, with one rounding too many.
fn times_exp_parts_apart(y: Pair, e: ExpParts) -> f32 {
  let rest = opt_barrier(y.hi * e.q + y.lo * (e.q + 1.0), e.t);
  return (y.hi + rest) * pow2(e.t);
}

// e^x for any x.
fn exponential(x: f32) -> f32 {
  let e = exp_parts(clamp_magnitude(x, EXP_LIMIT_24), MAGIC_127);
  let k = POW2_BIAS + exp_exponent(e, MAGIC_127);
  return keep_nan(times_pow2(e.q + 1.0, k), x);
}

// 1 + E, and the same where the exponential E carries 2^24.
fn one_plus_exp(e: ExpParts) -> f32 {
  let s = pow2(e.t);
  return s * e.q + (s + 1.0);
}
fn one_plus_exp_24(e: ExpParts) -> f32 {
  let s = pow2(e.t) * TWO_POW_MINUS_24;
  return s * e.q + (s + 1.0);
}

// (1 + E)^2 as 1 + E (2 + E), which rounds less, where E carries 2^24.
fn one_plus_exp_24_squared(e: ExpParts) -> f32 {
  let s = pow2(e.t) * TWO_POW_MINUS_24;
  return (e.q + 1.0) * s * (s * e.q + (s + 2.0)) + 1.0;
}

// 1 - e^x for -88 <= x <= 0 to 1.6 ulp: 1 - 2^k and 2^k * q are exact, and one subtraction rounds.
// It is never -0, also where the device flushes the result.
fn one_minus_exp(e: ExpParts) -> f32 {
  let s = pow2(e.t);
  return (1.0 - s) - s * e.q;
}

// a (e^-|x| - 1) in the same way.
fn scaled_expm1(a: f32, x: f32) -> f32 {
  return -a * one_minus_exp(exp_minus_abs(x));
}

// a b y for |y| <= 1, also where a b is too large for f32.
fn product_of_three(a: f32, b: f32, y: f32) -> f32 {
  let k = exponent(a) + exponent(b) + (POW2_BIAS - 254u);
  let is_finite = max(exponent(a), exponent(b)) < 255u;
  let product = times_pow2(significand(a) * significand(b) * y, k);
  return select((a * b) * y, product, is_finite & (exponent(a * b) == 255u));
}

// ---------------------------------------------------------------- quotients

// The upper 12 bits of x: the product of two such numbers is exact.
fn upper(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}

// (n.hi + n.lo) / d in two parts to 2^-33, however sloppy the division is, for normal d far from
// both ends and for a numerator above 2^-100, below which the remainder is flushed. The quotient's
// upper 12 bits make the remainder exact, and the sum of the numerator's parts is never rounded.
fn quotient_parts(n: Pair, d: f32) -> Pair {
  let r = 1.0 / d;
  let d_upper = upper(d);
  let y = upper((n.hi + n.lo) * r);
  return Pair(y, (opt_barrier(n.hi - d_upper * y, r) + (n.lo - (d - d_upper) * y)) * r);
}

// a / (a + b) in two parts, as quotient_parts(), without a rounding of the divisor.
fn part_of_sum(a: f32, b: f32) -> Pair {
  let r = 1.0 / (a + b);
  let a_upper = upper(a);
  let y = upper(a * r);
  return Pair(y, (((a - b * y) - a_upper * y) - (a - a_upper) * y) * r);
}

// 1 / d for d > 0 to 1 ulp in a cheaper way. The mask leaves 16 bits of the estimate, and hides it
// from optimizers, too. One Newton step follows, before anything small is multiplied and the step
// would be flushed.
fn reciprocal(d: f32) -> f32 {
  let r = bitcast<f32>(bitcast<u32>(1.0 / d) & 0xffffff00u);
  return opt_barrier((1.0 - d * r) * r, r) + r;
}

// From this |a| on, pow2() makes 0 of 4 e^-|a|.
const SECH_LIMIT: f32 = 89.4;

// tanh(a / 2) = (1 - E) / (1 + E) with E = e^-a for a >= 0, in two parts to 2^-23 of it.
fn tanh_half_parts(e: ExpParts) -> Pair {
  let s = pow2(e.t);
  // One of the two parts is 0, or E <= 1/2.
  let hi = select(1.0 - s, -e.q, s == 1.0);
  let lo = select(-(s * e.q), 0.0, s == 1.0);
  return quotient_parts(Pair(hi, lo), s * e.q + (s + 1.0));
}

// sech(a / 2)^2 = 4E / (1 + E)^2 with E = e^-|a|, down to the smallest normal number. The power of
// two carries the 4. 1 + E (2 + E) rounds less than (1 + E)^2.
fn sech_squared_half(a: f32) -> f32 {
  return sech_squared_half_of(exp_parts(-magnitude(a, SECH_LIMIT), MAGIC_129));
}

// The same of the exponential.
fn sech_squared_half_of(e: ExpParts) -> f32 {
  let s = 0.25 * pow2(e.t);
  let E = (e.q + 1.0) * s;
  return (e.q + 1.0) * reciprocal(E * (s * e.q + (s + 2.0)) + 1.0) * pow2(e.t);
}

// 2 tanh(x / 2) sech(x / 2)^2 = 8E (1 - E) / (1 + E)^3 with E = e^-|x|, and the sign of x. The
// power of two carries the 8.
fn tanh_sech_squared_half(x: f32) -> f32 {
  let e = exp_parts(-magnitude(x, 90.0), MAGIC_130);
  let s = 0.125 * pow2(e.t);
  let r = reciprocal(s * e.q + (s + 1.0));
  return flip_sign(((1.0 - s) - s * e.q) * pow2(e.t) * (e.q + 1.0) * (r * r * r), x);
}
