// Sines and cosines of any argument.

// sin and cos of one argument.
struct Wave { sin: f32, cos: f32 }

// The first 192 bits of 2 / pi.
const TWO_OVER_PI_0: u32 = 0xa2f9836eu;
const TWO_OVER_PI_1: u32 = 0x4e441529u;
const TWO_OVER_PI_2: u32 = 0xfc2757d1u;
const TWO_OVER_PI_3: u32 = 0xf534ddc0u;
const TWO_OVER_PI_4: u32 = 0xdb629599u;
const TWO_OVER_PI_5: u32 = 0x3c439041u;

// |a x| 2 / pi modulo 4 in units of 2^-30, off by 6 of them at most, where |a x| >= 1/2. As Payne
// and Hanek do it, all 48 bits of the product of the mantissas are multiplied by those 80 bits of 2
// / pi that count, in limbs of 16 bits. It is right for |a x| < 2^139.
fn quarter_turns(a: f32, x: f32) -> u32 {
  let a_bits = bitcast<u32>(a) & MAGNITUDE_BITS;
  let x_bits = bitcast<u32>(x) & MAGNITUDE_BITS;
  let a_mantissa = (a_bits & MANTISSA_BITS) | 0x800000u;
  let x_mantissa = (x_bits & MANTISSA_BITS) | 0x800000u;
  let low = (a_mantissa & 0xfffu) * (x_mantissa & 0xfffu);
  let middle = (a_mantissa >> 12u) * (x_mantissa & 0xfffu)
    + (a_mantissa & 0xfffu) * (x_mantissa >> 12u) + (low >> 12u);
  let high = (a_mantissa >> 12u) * (x_mantissa >> 12u) + (middle >> 12u);
  let m0 = ((middle & 0xfu) << 12u) | (low & 0xfffu);
  let m1 = ((high & 0xffu) << 8u) | ((middle >> 4u) & 0xffu);
  let m2 = high >> 8u;

  // The bits of 2 / pi, behind 64 zeros, from a position that the exponents give: words first.
  let position = min((a_bits >> 23u) + (x_bits >> 23u) - 238u, 159u);
  let by_4 = (position & 128u) != 0u;
  let by_2 = (position & 64u) != 0u;
  let by_1 = (position & 32u) != 0u;
  let a0 = select_bits(0u, TWO_OVER_PI_2, by_4);
  let a1 = select_bits(0u, TWO_OVER_PI_3, by_4);
  let a2 = select_bits(TWO_OVER_PI_0, TWO_OVER_PI_4, by_4);
  let a3 = select_bits(TWO_OVER_PI_1, TWO_OVER_PI_5, by_4);
  let b0 = select_bits(a0, a2, by_2);
  let b1 = select_bits(a1, a3, by_2);
  let b2 = select_bits(a2, TWO_OVER_PI_2, by_2);
  let b3 = select_bits(a3, TWO_OVER_PI_3, by_2);
  let b4 = select_bits(TWO_OVER_PI_2, TWO_OVER_PI_4, by_2);
  let c0 = select_bits(b0, b1, by_1);
  let c1 = select_bits(b1, b2, by_1);
  let c2 = select_bits(b2, b3, by_1);
  let c3 = select_bits(b3, b4, by_1);
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

// 2 / pi, and pi / 2 = high - middle + low, of which the first two have 14 bits: scripts/fit.py,
// "TWO_OVER_PI" and "HALF_PI".
const TWO_OVER_PI: f32 = 0.636619747;
const HALF_PI_HIGH: f32 = 1.57080078;
const HALF_PI_MIDDLE: f32 = 4.45451587e-06;
const HALF_PI_LOW: f32 = 6.07710063e-11;

// pi / 2 in 2^12 parts, as a number of 12 bits and the rest, and in 2^30 parts: scripts/fit.py,
// "QUARTER".
const QUARTER_12_HIGH: f32 = 0.00038349628;
const QUARTER_12_LOW: f32 = -1.08751341e-09;
const QUARTER_30: f32 = 1.46291812e-09;

// sin(r) for |r| <= pi / 4 and u = r^2, with an error of 0.067 * 2^-24 of it, from scripts/fit.py,
// "sin_polynomial".
fn sin_polynomial(r: f32, u: f32) -> f32 {
  return r * (u * ((-0.000195182845 * u + 0.00833218917) * u - 0.166666552)) + r;
}

// cos(r) for |r| <= pi / 4 and u = r^2, with an error of 0.002 * 2^-24 of it, from scripts/fit.py,
// "cos_polynomial".
fn cos_polynomial(u: f32) -> f32 {
  return u * (u * ((2.44325638e-05 * u - 0.00138873106) * u + 0.0416666456) - 0.5) + 1.0;
}

// The sum of the biased exponents of a and x from which |a x| is 2^139 or more.
const WAVE_FAR: u32 = 393u;

// sin and cos of a x to 2 ulp of 1, and where a x is small to 2 ulp of themselves. The result for
// an infinite a x is NaN, as there is no limit, and so is that for |a x| of 2^139 or more.
fn wave(a: f32, x: f32) -> Wave {
  let v = a * x;
  let is_small = abs(v) < 0.75;
  // The nearest whole quarter k, whose last 2 bits count, and the distance to it, as Cody and Waite
  // do it: the products of k and the first two parts of pi / 2 are exact.
  let f = balanced(a, x);
  let p = two_prod_fast(abs(f.parameter), abs(f.input));
  let t = round_magic(abs(v) * TWO_OVER_PI, MAGIC);
  let k = t - MAGIC;
  let low = opt_barrier(k * HALF_PI_MIDDLE + (p.lo - k * HALF_PI_LOW), t);
  var rest = opt_barrier(p.hi - k * HALF_PI_HIGH, t) + low;
  var turns = bitcast<u32>(t) << 30u;
  let is_large = abs(v) >= 1024.0;
  if (is_large) {
    // The upper 2 bits are whole quarters, the others the distance from half a quarter below: as
    // floats of 12 and 18 bits on top of 2^23. The half quarter is 2^11 of the first one's units.
    let all_turns = quarter_turns(a, x) + 0x20000000u;
    let upper_bits = ((all_turns & 0x3fffffffu) >> 18u) | TWO_POW_23_BITS;
    let lower_bits = (all_turns & 0x3ffffu) | TWO_POW_23_BITS;
    let above = opt_barrier(bitcast<f32>(upper_bits) - 8390656.0, v * v);
    let below = opt_barrier(bitcast<f32>(lower_bits) - 8388608.0, v * v);
    rest = above * QUARTER_12_HIGH + (above * QUARTER_12_LOW + below * QUARTER_30);
    turns = all_turns;
  }
  let r = select(rest, abs(v), is_small);
  let quarters = select_bits(turns, 0u, is_small);

  let u = r * r;
  let s = sin_polynomial(r, u);
  let c = cos_polynomial(u);
  let is_odd = (quarters & 0x40000000u) != 0u;
  let sin_sign = (quarters ^ bitcast<u32>(v)) & SIGN_BIT;
  let cos_sign = (quarters + 0x40000000u) & SIGN_BIT;
  let nan = bitcast<u32>(x) | QUIET_NAN_BITS;
  let is_far = exponent(a) + exponent(x) >= WAVE_FAR;
  let is_finite = !is_far & (max(exponent(a), exponent(x)) < 255u);
  let sin_bits = bitcast<u32>(select(s, c, is_odd)) ^ sin_sign;
  let cos_bits = bitcast<u32>(select(c, s, is_odd)) ^ cos_sign;
  return Wave(
    bitcast<f32>(select_bits(nan, sin_bits, is_finite)),
    bitcast<f32>(select_bits(nan, cos_bits, is_finite)),
  );
}
