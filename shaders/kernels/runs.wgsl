// Values and gates in one tensor, x, alternate in runs: a run of values and one of gates, or the other way round, where call.first is
// 1. Elements of the output have no such gaps.
struct Places { value: u32, gate: u32 }

// Where the i-th value and gate are, from the beginning of x.
fn places(i: u32) -> Places {
  let first = i + divide(i, call.run) * call.run.x;
  return Places(first + call.first * call.run.x, first + (1u - call.first) * call.run.x);
}
