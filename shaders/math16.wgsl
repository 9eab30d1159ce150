// The functions of math.wgsl, of math/ and of some activations, for results of 16 bits. Kernels whose
// tensors all have 16 bits, and whose parameters have their defaults, are linked with these in their
// place. Errors up to 82 * 2^-24 of the result do not matter there: they are 0.01 ulp of f16. So
// products and sums have one part, a division is as the device has it, and polynomials are short.
// A `lo` of -0.0 is no number that a sum could notice.

fn expm1_core(r: f32) -> f32 {
  let r2 = r * r;
  return r2 * ((0.0083123222 * r + 0.0418911576) * r2 + (0.166671202 * r + 0.499992251)) + r;
}

// e^x as one number by the device's own exp2(), beside the parts. A kernel needs one of both, and
// compilers drop the other.
struct ExpParts { q: f32, t: f32, argument: f32, E: f32 }

fn exp_parts(x: f32, magic: f32) -> ExpParts {
  let y = x * LOG2_E;
  let t = round_magic(y, magic);
  let k = t - magic;
  let q = expm1_core((x - k * LN_2_HIGH) - k * LN_2_LOW);
  return ExpParts(q, t, x, exp2_carried(y, magic - MAGIC_127));
}

// 2^y times the power of two that a magic number carries. WGSL allows exp2(y) an error of 3 + 2|y| ulp
// of f32, which is small enough for f16 down to its smallest normal number, and for bf16. 2^8 of what
// is carried is part of this y, and makes normal what a factor below 256 makes normal. A result below
// the normal numbers is 0, as in pow2().
fn exp2_carried(y: f32, carried: f32) -> f32 {
  let inside = min(carried, 8.0);
  let power = exp2(y + inside) * pow2(carried - inside + MAGIC_127);
  return select(0.0, power, y + carried > -126.5);
}

fn exp_parts_of(x: Pair, magic: f32) -> ExpParts {
  return exp_parts(x.hi + x.lo, magic);
}

fn exp_of(e: ExpParts) -> f32 {
  return e.E;
}

fn exp_of_24(e: ExpParts) -> f32 {
  return e.E * TWO_POW_MINUS_24;
}

fn exp_mantissa(e: ExpParts) -> f32 {
  return e.E;
}

fn exp_power(e: ExpParts) -> f32 {
  return 1.0;
}

fn exp_fence(e: ExpParts) -> f32 {
  return e.E;
}

fn one_plus_exp(e: ExpParts) -> f32 {
  return 1.0 + e.E;
}

fn one_plus_exp_24(e: ExpParts) -> f32 {
  return 1.0 + e.E * TWO_POW_MINUS_24;
}

fn one_plus_exp_24_squared(e: ExpParts) -> f32 {
  return one_plus_exp_24(e) * one_plus_exp_24(e);
}

// Near 0 the difference would cancel.
fn one_minus_exp(e: ExpParts) -> f32 {
  return select(1.0 - e.E, -expm1_near(e.argument), abs(e.argument) < 0.1);
}

// e^x - 1 for -0.1 <= x <= 0.
fn expm1_near(x: f32) -> f32 {
  return x * ((0.160976455 * x + 0.499824375) * x + 1.0);
}

fn times_exp(y: f32, e: ExpParts) -> f32 {
  return y * e.E;
}

fn times_exp_parts(y: Pair, e: ExpParts) -> f32 {
  return (y.hi + y.lo) * e.E;
}

fn times_exp_parts_apart(y: Pair, e: ExpParts) -> f32 {
  return times_exp_parts(y, e);
}

fn quotient_parts(n: Pair, d: f32) -> Pair {
  return Pair((n.hi + n.lo) / d, -0.0);
}

fn tanh_half_parts(e: ExpParts) -> Pair {
  return Pair(one_minus_exp(e) / one_plus_exp(e), -0.0);
}

fn part_of_sum(a: f32, b: f32) -> Pair {
  return Pair(a / (a + b), -0.0);
}

fn reciprocal(d: f32) -> f32 {
  return 1.0 / d;
}

fn sech_squared_half_of(e: ExpParts) -> f32 {
  let d = 0.25 * e.E + 1.0;
  return e.E * reciprocal(d * d);
}

fn minus_square(a: f32) -> Pair {
  return Pair(-a * a, -0.0);
}

fn two_prod_fast(a: f32, b: f32) -> Pair {
  return Pair(a * b, -0.0);
}

fn times_parts(a: f32, b: Pair) -> Pair {
  return Pair(a * (b.hi + b.lo), -0.0);
}

fn times_sum(a: Pair, c: f32, s: f32, t: f32) -> Pair {
  return Pair((a.hi + a.lo) * (s + c), -0.0);
}

fn from_zero(a: f32, zero: f32, zero_minus: f32, t: f32) -> Pair {
  return Pair(opt_barrier(a - zero, t) + zero_minus, -0.0);
}

fn log1p_rest(E: f32) -> f32 {
  let E2 = E * E;
  let high = E2 * (-0.0145880319 * E + 0.067850396);
  return E2 * (high + (-0.151026845 * E + 0.236113027)) + (-0.331404179 * E + 0.499907464);
}

fn log_rest(f: f32) -> f32 {
  let f2 = f * f;
  let high = f2 * (-0.119518764 * f + 0.185898215);
  return f2 * (high + (-0.204492182 * f + 0.249188572)) + (-0.33319208 * f + 0.500008523);
}

const NORMAL_G_0: f32 = 0.606561959;

fn normal_polynomial(t: f32) -> f32 {
  let t2 = t * t;
  let high = t2 * 0.0794020966 + (0.208612695 * t + 0.0781731755);
  return t2 * t2 * high + cubic(t, t2, -0.734014392, 0.530785799, -0.0581107363, -0.254718304);
}

// Ties go away from zero. A NaN that an operation has made may have all bits set, on NVIDIA's devices;
// one bit less keeps it NaN.
fn rounded_to_bf16(x: f32) -> u32 {
  return bitcast<u32>(min(bitcast<i32>(x), 0x7fff7fff) + 0x8000);
}

// ---------------------------------------------------------------- of activations

const GELU_K_0: f32 = 0.398853421;

fn gelu_derivative_polynomial(w: f32) -> f32 {
  let w2 = w * w;
  return w2 * w2 * 0.852223992 + cubic(w, w2, 0.303488523, 0.372121632, 0.775510669, -1.63396144);
}

// z, its derivative times a, and e^-z.
struct GeluTanhArgument { first: f32, second: f32 }

fn gelu_tanh_argument(a: f32) -> GeluTanhArgument {
  return GeluTanhArgument(a * GELU_TANH_K1, a * a * (a * GELU_TANH_K3));
}

fn gelu_tanh_exp(z: GeluTanhArgument) -> ExpParts {
  return exp_parts(-(z.first + z.second), MAGIC_151);
}

fn gelu_tanh_one_minus_slope(z: GeluTanhArgument, e: ExpParts) -> Pair {
  return Pair(1.0 - z.first - 3.0 * z.second, -0.0);
}

fn gelu_tanh_derivative_polynomial(t: f32) -> f32 {
  let high = (-0.0165305417 * t - 0.112422369) * t - 0.0157722794;
  return (high * t + 0.387495369) * t + 0.430400103;
}

fn mish_derivative_polynomial(v: f32) -> f32 {
  let v2 = v * v;
  let high = cubic(v, v2, -0.0163319223, 0.00447919592, 0.00405047601, 0.000490487786);
  return v2 * v2 * high + cubic(v, v2, 0.363324165, 0.223954216, -0.00549266534, -0.0514562577);
}
