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

// Integers in the order of the numbers, zeros equal: devices that flush subnormal numbers compare these right, too. NaN is
// beyond an infinity.
fn order(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select(bits + 0x80000000u, 0u - bits, bits >= 0x80000000u);
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
// into x * (s * c), which underflows, and (a - b) - c into a - (b + c), which rounds.
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

// a e^-|x|, to 1.8 ulp for |a| < 2^25: with an a above 1 the result is normal where e^x is not, so that the power of
// two carries 2^32 and a carries 2^-32.
fn scaled_exp(a: f32, x: f32) -> f32 {
  let large = abs(a) > 1.0;
  let e = exp_parts(-magnitude(x, select(88.0, 110.0, large)), select(12583039.0, 12583071.0, large));
  return fence(a * select(1.0, 2.3283064e-10, large), e.t) * fence(exp_of(e), e.t);
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

// a * x > b, exactly. |a * x| < 2^100.
fn exceeds(a: f32, x: f32, b: f32) -> bool {
  let a_upper = upper(a);
  let x_upper = upper(x);
  let first = fence(a_upper * x_upper - b, x * x_upper);
  let second = fence(first + a_upper * (x - x_upper), x * x_upper);
  return fence(second + (a - a_upper) * x_upper, x * x_upper) + (a - a_upper) * (x - x_upper) > 0.0;
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
  let together = first + ((a_upper * x_lower + a_lower * x_upper) + least);
  let one_by_one = fence(fence(first + a_upper * x_lower, x * x_upper) + a_lower * x_upper, x * x_upper) + least;
  return select(together, one_by_one, abs(first) < 0.002 * abs(b));
}

// ---------------------------------------------------------------- logistic functions

// -|z|, -most - 0.25 at least, for a product(): what all of the following are functions of, with E = e^-|z| <= 1. They reach their
// limits where 2^k is 0.
fn minus_magnitude(z: Pair, most: f32) -> Pair {
  return Pair(-magnitude(z.hi, most), -magnitude(z.lo, 0.25));
}

// 1 / (1 + e^-z), which is 1 / (1 + E) or E / (1 + E). e holds 2^k, z its sign.
fn logistic(z: f32, e: ExpParts) -> f32 {
  let s = pow2(e.t);
  return select(1.0, (e.q + 1.0) * s, z < 0.0) * reciprocal(s * e.q + (s + 1.0));
}

// x / (1 + e^-z), which is x / (1 + E) or x E / (1 + E), for x of the sign of z. e holds 2^(k+24), for the tail.
fn gate(x: f32, e: ExpParts) -> f32 {
  let s = pow2(e.t);
  // -1e38 instead of -Inf, which would meet a zero.
  let c = bitcast<f32>(min(bitcast<u32>(x), 0xfe967699u));
  let small_s = s * 5.9604645e-8;
  let y = c * reciprocal(small_s * e.q + (small_s + 1.0));
  return select(fence((y * e.q + y) * s, e.t) * 5.9604645e-8, y, x > 0.0);
}

// The zero of the derivative of z / (1 + e^-z), in two parts.
const GATE_ZERO = 1.27846456;
const GATE_ZERO_REST = -1.29792825e-08;

// The derivative of z / (1 + e^-z): E (1 + E + z) / (1 + E)^2 with E = e^z for z < 0, and 1 minus that of -z for z > 0. Near
// its zero, where 1 + E + z cancels, t K(z) with t = -|z| + GATE_ZERO + GATE_ZERO_REST. E carries 2^24 for the tail.
fn gate_derivative(z: f32, n: Pair, e: ExpParts, t: f32) -> f32 {
  let s = pow2(e.t) * 5.9604645e-8;
  let E = (e.q + 1.0) * s;
  let D = E * (s * e.q + (s + 2.0)) + 1.0;
  let v = (n.hi + n.lo) + 0.953125;
  let K = (((((((-0.000119875964 * v - 4.69899715e-05) * v + 0.00101428048) * v + 0.00197792077) * v - 0.00495649176) * v - 0.0230747703) * v + 1.19591059e-05) * v + 0.153212398) * v + 0.266923428;
  let far = fence(times_exp_parts(quotient_parts(Pair(1.0 + n.hi, E + n.lo), D), e), e.t) * 5.9604645e-8;
  let y = select(far, t * K, abs(v) < 0.62);
  return select(y, 1.0 - y, z > 0.0);
}

// The second derivative of z / (1 + e^-z) for n = -|z|: E (2 + n + E (2 - n)) / (1 + E)^3 with E = e^n, in which only what has to
// cancels at the zeros. e holds 2^(k+24).
fn gate_second_derivative(n: Pair, e: ExpParts) -> Scaled {
  let s = pow2(e.t) * 5.9604645e-8;
  let E = (e.q + 1.0) * s;
  let r = reciprocal(s * e.q + (s + 1.0));
  let N = ((2.0 + n.hi) + n.lo) + E * ((2.0 - n.hi) - n.lo);
  return Scaled((e.q + 1.0) * N * (r * r * r) * pow2(e.t), e.t);
}

// A number as value * 2^-24, to be multiplied before it may become subnormal. t is that of the exponential.
struct Scaled { value: f32, t: f32 }

// The number.
fn unscaled(y: Scaled) -> f32 {
  return fence(y.value, y.t) * 5.9604645e-8;
}

// (E - log(1 + E)) / E^2 for 0 <= E <= 1: a polynomial, immune to sloppy division.
fn log1p_rest(E: f32) -> f32 {
  let E2 = E * E;
  let E4 = E2 * E2;
  return E4 * (E4 * 0.0033065395 + cubic(E, E2, 0.153490975, -0.10670013, 0.0575615279, -0.0201503336)) + cubic(E, E2, 0.499999315, -0.333304703, 0.24958156, -0.196931928);
}

// log(1 + e^n) for -104.5 <= n <= 0, to 2 ulp.
fn log1p_exp(e: ExpParts) -> Scaled {
  let s = pow2(e.t);
  let scaled_E = (e.q + 1.0) * s;
  let E = (e.q + 1.0) * (s * 5.9604645e-8);
  return Scaled(scaled_E - scaled_E * E * log1p_rest(E), e.t);
}

// ---------------------------------------------------------------- powers of two, on bits

// The exponent of x, and 127 for 1: 0 for numbers that devices may flush, 255 for an infinity.
fn exponent(x: f32) -> u32 {
  return (bitcast<u32>(x) >> 23u) & 0xffu;
}

// x with another exponent.
fn with_exponent(x: f32, e: u32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & 0x807fffffu) | (e << 23u));
}

// y * 2^(k - 512): 0 below the smallest normal number, an infinity beyond the largest.
fn times_pow2(y: f32, k: u32) -> f32 {
  let e = exponent(y) + k;
  let finite = select(with_exponent(y, e - 512u), copy_sign(0.0, y), (e <= 512u) | (exponent(y) == 0u));
  return select(finite, bitcast<f32>((bitcast<u32>(y) & 0x80000000u) | 0x7f800000u), e >= 767u);
}

// ---------------------------------------------------------------- square roots

// a + b for a >= b >= 0, exactly.
fn sum_exactly(a: f32, b: f32) -> Pair {
  let s = fence(a + b, a);
  return Pair(s, b - fence(s - a, s));
}

// a + b for a >= 0 and b >= 0, to 2^-35 of the sum and of a.lo.
fn sum_parts(a: Pair, b: f32) -> Pair {
  let s = fence(a.hi + b, a.hi);
  return Pair(s, select(a.hi - fence(s - b, s), b - fence(s - a.hi, s), a.hi > b) + a.lo);
}

// 1 / sqrt(d) as hi (1 + lo) to 2^-31, for 1 <= d < 2^105, however sloppy the estimate is: its upper 12 bits have an exact
// square, and the remainder 1 - d hi^2, below 2^-9, is exact but for the last bit of terms of 2^-11.
fn inverse_root_parts(d: Pair) -> Pair {
  let r = upper(inverseSqrt(d.hi));
  let square = r * r;
  let square_upper = upper(square);
  let d_upper = upper(d.hi);
  let d_lower = fence(d.hi - d_upper, r) + d.lo;
  let e = fence(1.0 - d_upper * square_upper, r) - (d_upper * (square - square_upper) + d_lower * square);
  return Pair(r, e * (0.375 * e + 0.5));
}

// The number, to 0.6 ulp. The fence keeps compilers from hi (1 + lo), a rounding more.
fn inverse_root(r: Pair) -> f32 {
  return fence(r.hi * r.lo, r.hi) + r.hi;
}

// sqrt(d), given inverse_root_parts(d), to 0.6 ulp: 12 bits and what their square, which is exact, leaves.
fn root(d: Pair, r: Pair) -> f32 {
  let inverse = inverse_root(r);
  let y = upper(d.hi * inverse);
  let t = 0.5 * inverse * (fence(d.hi - y * y, r.hi) + d.lo);
  return (0.5 * t * inverse * t + t) + y;
}

// alpha = A 2^(2h) with 1 <= A < 4, and a = |x| 2^h, 2^51 at most: 1 + alpha x^2 = 1 + A a^2, whose 1 has been lost long before.
struct Isru { a: f32, A: f32, unit: f32, inverse_unit: f32 }

fn isru_parts(x: f32, alpha: f32) -> Isru {
  let half = (exponent(alpha) + 1u) >> 1u;
  let unit = bitcast<f32>((half + 63u) << 23u);
  let A = with_exponent(alpha, 128u - (exponent(alpha) & 1u));
  return Isru(magnitude(x * unit, 2251799813685248.0), A, unit, bitcast<f32>((191u - half) << 23u));
}

// 1 / sqrt(1 + A a^2) in two parts. The upper 8 bits of A and a have an exact product A a^2.
fn isru_root(p: Isru) -> Pair {
  let A_upper = bitcast<f32>(bitcast<u32>(p.A) & 0xffff0000u);
  let a_upper = bitcast<f32>(bitcast<u32>(p.a) & 0xffff0000u);
  let rest = A_upper * ((p.a - a_upper) * (p.a + a_upper)) + (p.A - A_upper) * (p.a * p.a);
  return inverse_root_parts(sum_parts(sum_exactly(A_upper * (a_upper * a_upper), rest), 1.0));
}

// x / sqrt(1 + alpha x^2): x for an alpha of 0.
fn isru_of(x: f32, alpha: f32) -> f32 {
  let p = isru_parts(x, alpha);
  let inverse = inverse_root(isru_root(p));
  let far = copy_sign(p.a * inverse, x) * p.inverse_unit;
  return select(select(x * inverse, far, p.a > 1.0), x, exponent(alpha) == 0u);
}

// 1 / sqrt(1 + alpha x^2)^3, the root's cube with two roundings.
fn isru_derivative_of(x: f32, alpha: f32) -> f32 {
  let r = isru_root(isru_parts(x, alpha));
  let square = r.hi * r.hi;
  let y = (fence(square * (r.lo * ((r.lo + 3.0) * r.lo + 3.0)), r.hi) + square) * r.hi;
  return select(y, 1.0, exponent(alpha) == 0u);
}

// -3 alpha x / sqrt(1 + alpha x^2)^5. Powers of the root are multiplied where they are not flushed, and a small x before it is made smaller.
fn isru_second_derivative_of(x: f32, alpha: f32) -> f32 {
  let p = isru_parts(x, alpha);
  let inverse = inverse_root(isru_root(p));
  let square = inverse * inverse;
  let start = select(3.0 * p.A * p.a, fence(3.0 * p.A * abs(x), inverse) * p.unit, (p.a <= 1.0) & (p.unit < 1.0));
  let y = fence(start * inverse * fence(square * p.unit, inverse), inverse) * square;
  return select(flip_sign(y, flip_sign(-1.0, x)), 0.0, (exponent(alpha) == 0u) | (p.a > 1125899906842624.0));
}

// With respect to alpha: -(x / sqrt(1 + alpha x^2))^3 / 2.
fn isru_derivative_alpha_of(x: f32, alpha: f32) -> f32 {
  let y = isru_of(x, alpha);
  return -0.5 * y * y * y;
}

// ---------------------------------------------------------------- waves

// sin and cos of one argument.
struct Wave { sin: f32, cos: f32 }

// |a x| 2 / pi modulo 4 in units of 2^-30, 6 of them off at most, where |a x| is 1/2 at least: all 48 bits of the product of the
// mantissas times those 80 bits of 2 / pi that count, as Payne and Hanek do it, in limbs of 16 bits. Right for every finite x
// and |a| up to 2^11.
fn quarter_turns(a: f32, x: f32) -> u32 {
  let a_bits = bitcast<u32>(a) & 0x7fffffffu;
  let x_bits = bitcast<u32>(x) & 0x7fffffffu;
  let a_mantissa = (a_bits & 0x7fffffu) | 0x800000u;
  let x_mantissa = (x_bits & 0x7fffffu) | 0x800000u;
  let low = (a_mantissa & 0xfffu) * (x_mantissa & 0xfffu);
  let middle = (a_mantissa >> 12u) * (x_mantissa & 0xfffu) + (a_mantissa & 0xfffu) * (x_mantissa >> 12u) + (low >> 12u);
  let high = (a_mantissa >> 12u) * (x_mantissa >> 12u) + (middle >> 12u);
  let m0 = ((middle & 0xfu) << 12u) | (low & 0xfffu);
  let m1 = ((high & 0xffu) << 8u) | ((middle >> 4u) & 0xffu);
  let m2 = high >> 8u;

  // The bits of 2 / pi, of which there are 64 zeros before the point, from a position that the exponents give: first by words.
  let position = min((a_bits >> 23u) + (x_bits >> 23u) - 238u, 159u);
  let by_4 = (position & 128u) != 0u;
  let by_2 = (position & 64u) != 0u;
  let by_1 = (position & 32u) != 0u;
  let a0 = select(0u, 0xfc2757d1u, by_4);
  let a1 = select(0u, 0xf534ddc0u, by_4);
  let a2 = select(0xa2f9836eu, 0xdb629599u, by_4);
  let a3 = select(0x4e441529u, 0x3c439041u, by_4);
  let b0 = select(a0, a2, by_2);
  let b1 = select(a1, a3, by_2);
  let b2 = select(a2, 0xfc2757d1u, by_2);
  let b3 = select(a3, 0xf534ddc0u, by_2);
  let b4 = select(0xfc2757d1u, 0xdb629599u, by_2);
  let c0 = select(b0, b1, by_1);
  let c1 = select(b1, b2, by_1);
  let c2 = select(b2, b3, by_1);
  let c3 = select(b3, b4, by_1);
  let left = position & 31u;
  let right = 31u - left;
  let d0 = (c0 << left) | ((c1 >> 1u) >> right);
  let d1 = (c1 << left) | ((c2 >> 1u) >> right);
  let d2 = (c2 << left) | ((c3 >> 1u) >> right);

  let w1 = d1 & 0xffffu;
  let w2 = d1 >> 16u;
  let w3 = d0 & 0xffffu;
  let carried = ((m0 * w2) >> 16u) + ((m1 * w1) >> 16u) + ((m2 * (d2 >> 16u)) >> 16u);
  return ((m0 * (d0 >> 16u) + m1 * w3 + m2 * w2) << 16u) + (m0 * w3 + m1 * w2 + m2 * w1) + carried;
}

// sin and cos of a x, to 2 ulp of 1, and for small a x relative to them. For |a| up to 2^11 and from 2^-126, or 0; NaN for an infinite
// x, which has no limit.
fn wave(a: f32, x: f32) -> Wave {
  let v = a * x;
  let is_small = abs(v) < 0.75;
  // Whole quarters in the upper 2 bits, and in the others how far it is from the nearest one: as floats of 12 and 18 bits, the
  // first of which has an exact product with 12 bits of pi.
  let turns = quarter_turns(a, x) + 0x20000000u;
  let above = fence(bitcast<f32>(((turns & 0x3fffffffu) >> 18u) | 0x4b000000u) - 8390656.0, v * v);
  let below = fence(bitcast<f32>((turns & 0x3ffffu) | 0x4b000000u) - 8388608.0, v * v);
  let rest = above * 0.00038349628 + (above * -1.08751341e-09 + below * 1.46291812e-09);
  let r = select(rest, abs(v), is_small);
  let quarters = select(turns, 0u, is_small);

  let u = r * r;
  let s = r * (u * ((-0.000195182845 * u + 0.00833218917) * u - 0.166666552)) + r;
  let c = u * (u * ((2.44325638e-05 * u - 0.00138873106) * u + 0.0416666456) - 0.5) + 1.0;
  let is_odd = (quarters & 0x40000000u) != 0u;
  let sin_sign = (quarters ^ bitcast<u32>(v)) & 0x80000000u;
  let cos_sign = (quarters + 0x40000000u) & 0x80000000u;
  let nan = bitcast<u32>(x) | 0x400000u;
  let is_finite = (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
  return Wave(
    bitcast<f32>(select(nan, bitcast<u32>(select(s, c, is_odd)) ^ sin_sign, is_finite)),
    bitcast<f32>(select(nan, bitcast<u32>(select(c, s, is_odd)) ^ cos_sign, is_finite)),
  );
}
