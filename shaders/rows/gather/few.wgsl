// As merge(), of a few, two and two: what the sums of exponents.wgsl do not need.
fn merge_few(a: Gathered, b: Gathered) -> Gathered {
  return merge(a, b);
}
