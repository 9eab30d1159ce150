// Division without a division, and the place of an element among those that are repeated.

// a / divisor.x, exact for every a. Many devices have no division of integers. y and z hold the
// multiplier and the shift of Granlund and Montgomery, Division by Invariant Integers using
// Multiplication, PLDI 1994, figure 4.1.
fn divide(a: u32, divisor: vec4<u32>) -> u32 {
  let high = multiply_high(a, u32(divisor.y));
  return (high + ((a - high) >> min(u32(divisor.z), 1u))) >> (max(u32(divisor.z), 1u) - 1u);
}

// The place of the i-th element in its row, where elements follow each other.
fn place_in_row(i: u32) -> u32 {
  let at = uniforms.first + i;
  return at - divide(at, uniforms.period) * uniforms.period.x;
}

// The place of the i-th element: that of its channel among learned parameters.
fn repeated_place(i: u32) -> u32 {
  let run = divide(uniforms.first + i, uniforms.inner);
  return run - divide(run, uniforms.period) * uniforms.period.x;
}
