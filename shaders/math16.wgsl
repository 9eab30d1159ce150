// The functions of math.wgsl, of math/ and of some activations, for results of 16 bits. Kernels whose
// tensors all have 16 bits, and whose parameters have their defaults, are linked with these in their
// place. Errors up to 82 * 2^-24 of the result do not matter there: they are 0.01 ulp of f16. So
// products and sums have one part, a division is as the device has it, and polynomials are short.
// A `lo` of -0.0 is no number that a sum could notice.

fn expm1_core(r: f32) -> f32 {
  let r2 = r * r;
  return r2 * ((0.0083123222 * r + 0.0418911576) * r2 + (0.166671202 * r + 0.499992251)) + r;
}

fn exp_parts(x: f32, magic: f32) -> ExpParts {
  let t = round_magic(x * LOG2_E, magic);
  let k = t - magic;
  return ExpParts(expm1_core((x - k * LN_2_HIGH) - k * LN_2_LOW), t);
}

fn exp_parts_of(x: Pair, magic: f32) -> ExpParts {
  return exp_parts(x.hi + x.lo, magic);
}

fn exp_of(e: ExpParts) -> f32 {
  return (e.q + 1.0) * pow2(e.t);
}

fn exp_of_24(e: ExpParts) -> f32 {
  return (e.q + 1.0) * (pow2(e.t) * TWO_POW_MINUS_24);
}

fn times_exp_parts(y: Pair, e: ExpParts) -> f32 {
  let sum = y.hi + y.lo;
  return (sum * e.q + sum) * pow2(e.t);
}

fn times_exp_parts_apart(y: Pair, e: ExpParts) -> f32 {
  return times_exp_parts(y, e);
}

fn quotient_parts(n: Pair, d: f32) -> Pair {
  return Pair((n.hi + n.lo) / d, -0.0);
}

fn part_of_sum(a: f32, b: f32) -> Pair {
  return Pair(a / (a + b), -0.0);
}

fn reciprocal(d: f32) -> f32 {
  return 1.0 / d;
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
