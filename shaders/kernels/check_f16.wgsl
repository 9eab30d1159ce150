// Compares the device's own conversions between f32 and f16 with storage/f16.wgsl, which trusts no
// device: all f16 both ways, the ties between neighbours with what is right beside them, NaN of any
// bits, and f32 of any bits. A single workgroup writes 1 if all are right, 1 more if a load is
// wrong, and 2 more if a store is.

const F16_INFINITY_BITS: u32 = 0x7c00u;
const LOAD_IS_WRONG: u32 = 1u;
const STORE_IS_WRONG: u32 = 2u;

var<workgroup> found: atomic<u32>;

fn is_nan_bits(bits: u32) -> bool {
  return (bits & MAGNITUDE_BITS) > INFINITY_BITS;
}

fn is_f16_nan_bits(bits: u32) -> bool {
  return (bits & 0x7fffu) > F16_INFINITY_BITS;
}

fn load_differs(got: f32, bits: u32) -> bool {
  let got_bits = bitcast<u32>(got);
  let wanted = bitcast<u32>(from_f16(bits));
  return (got_bits != wanted) & !(is_nan_bits(got_bits) & is_nan_bits(wanted));
}

fn half_differs(got: u32, wanted: u32) -> bool {
  return (got != wanted) & !(is_f16_nan_bits(got) & is_f16_nan_bits(wanted));
}

fn store_differs(x: f32, y: f32) -> bool {
  let got = pack2x16float(vec2<f32>(x, y));
  let wanted = two_to_f16(x, y);
  return half_differs(got & 0xffffu, wanted & 0xffffu) | half_differs(got >> 16u, wanted >> 16u);
}

fn next(x: f32, steps: u32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) + steps);
}

// What is wrong with this f16, the tie above its magnitude, and some f32.
fn found_of(bits: u32) -> u32 {
  let other = (bits * 0x9e37u + 0x79b9u) & 0xffffu;
  let loaded = unpack2x16float(bits | (other << 16u));
  let is_load_wrong = load_differs(loaded.x, bits) | load_differs(loaded.y, other);

  let x = from_f16(bits);
  // Above the largest f16 the tie is the one with 2^16.
  let above = select(from_f16(bits + 1u), copy_sign(65536.0, x), (bits & 0x7fffu) == 0x7bffu);
  let tie = 0.5 * x + 0.5 * above;
  let any = (bits * 0x9e3779b9u) ^ (bits << 7u);
  let nan = bitcast<f32>(INFINITY_BITS | 1u | any);
  let is_store_wrong = store_differs(x, tie) | store_differs(next(tie, 1u), next(tie, 0xffffffffu))
    | store_differs(bitcast<f32>(any), nan) | store_differs(nan, x);
  return select(0u, LOAD_IS_WRONG, is_load_wrong) | select(0u, STORE_IS_WRONG, is_store_wrong);
}

@compute @workgroup_size(WORKGROUP)
fn check_f16(@builtin(local_invocation_index) thread: u32) {
  if (thread == 0u) {
    atomicStore(&found, 0u);
  }
  workgroupBarrier();
  var found_by_thread = 0u;
  for (var bits = thread; bits < 65536u; bits += WORKGROUP) {
    found_by_thread |= found_of(bits);
  }
  atomicOr(&found, found_by_thread);
  workgroupBarrier();
  if (thread == 0u) {
    output_elements[output_offset()] = f32(1u + atomicLoad(&found));
  }
}
