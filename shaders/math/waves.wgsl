// Sines and cosines of any argument.

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
  let a0 = select_bits(0u, 0xfc2757d1u, by_4);
  let a1 = select_bits(0u, 0xf534ddc0u, by_4);
  let a2 = select_bits(0xa2f9836eu, 0xdb629599u, by_4);
  let a3 = select_bits(0x4e441529u, 0x3c439041u, by_4);
  let b0 = select_bits(a0, a2, by_2);
  let b1 = select_bits(a1, a3, by_2);
  let b2 = select_bits(a2, 0xfc2757d1u, by_2);
  let b3 = select_bits(a3, 0xf534ddc0u, by_2);
  let b4 = select_bits(0xfc2757d1u, 0xdb629599u, by_2);
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

// sin and cos of a x, to 2 ulp of 1, and for small a x relative to them. For |a| up to 2^11 and from 2^-126, or 0; NaN for an infinite
// x, which has no limit.
fn wave(a: f32, x: f32) -> Wave {
  let v = a * x;
  let is_small = abs(v) < 0.75;
  // The nearest whole quarter k, whose last 2 bits count, and how far it is from there, as Cody and Waite do it: products of k and the
  // first two parts of pi / 2, of 14 bits each, are exact.
  let p = product(abs(a), abs(x));
  let t = round_magic(abs(v) * 0.636619747, 12582912.0);
  let k = t - 12582912.0;
  var rest = fence(p.hi - k * 1.57080078, t) + fence(k * 4.45451587e-06 + (p.lo - k * 6.07710063e-11), t);
  var turns = bitcast<u32>(t) << 30u;
  let is_large = abs(v) >= 1024.0;
  if (is_large) {
    // Whole quarters in the upper 2 bits, and in the others how far it is from the nearest one: as floats of 12 and 18 bits, the
    // first of which has an exact product with 12 bits of pi.
    let all_turns = quarter_turns(a, x) + 0x20000000u;
    let above = fence(bitcast<f32>(((all_turns & 0x3fffffffu) >> 18u) | 0x4b000000u) - 8390656.0, v * v);
    let below = fence(bitcast<f32>((all_turns & 0x3ffffu) | 0x4b000000u) - 8388608.0, v * v);
    rest = above * 0.00038349628 + (above * -1.08751341e-09 + below * 1.46291812e-09);
    turns = all_turns;
  }
  let r = select(rest, abs(v), is_small);
  let quarters = select_bits(turns, 0u, is_small);

  let u = r * r;
  let s = r * (u * ((-0.000195182845 * u + 0.00833218917) * u - 0.166666552)) + r;
  let c = u * (u * ((2.44325638e-05 * u - 0.00138873106) * u + 0.0416666456) - 0.5) + 1.0;
  let is_odd = (quarters & 0x40000000u) != 0u;
  let sin_sign = (quarters ^ bitcast<u32>(v)) & 0x80000000u;
  let cos_sign = (quarters + 0x40000000u) & 0x80000000u;
  let nan = bitcast<u32>(x) | 0x400000u;
  let is_finite = (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
  return Wave(
    bitcast<f32>(select_bits(nan, bitcast<u32>(select(s, c, is_odd)) ^ sin_sign, is_finite)),
    bitcast<f32>(select_bits(nan, bitcast<u32>(select(c, s, is_odd)) ^ cos_sign, is_finite)),
  );
}
