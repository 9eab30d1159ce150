// Gives weight(); needs weighted_mean.wgsl.

// The root of y in two parts, of which the second is the remainder of the first one's square.
fn weight(y: f32) -> Pair {
  let hi = root(Pair(y, 0.0));
  let p = two_prod(hi, hi, f32(uniforms.zero));
  let rest = opt_barrier(y - p.hi, f32(uniforms.zero)) - p.lo;
  return Pair(select(0.0, hi, y > 0.0), select(0.0, 0.5 * rest * inverseSqrt(y), y > 0.0));
}
