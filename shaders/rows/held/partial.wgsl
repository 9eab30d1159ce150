// Blocks that may be shorter than their workgroups: whether one has a k-th element.
fn is_within(p: Place, k: u32) -> bool {
  return k < p.count;
}
