// Division without a division, and the channel of an element.

// a / divisor.x, exact for every a. Many devices have no division of integers. y and z hold the
// multiplier and the shift of Granlund and Montgomery, Division by Invariant Integers using
// Multiplication, PLDI 1994, figure 4.1.
fn divide(a: u32, divisor: vec4<u32>) -> u32 {
  let high = multiply_high(a, u32(divisor.y));
  return (high + ((a - high) >> min(u32(divisor.z), 1u))) >> (max(u32(divisor.z), 1u) - 1u);
}

// The channel of an element, whose learned parameters it has.
fn channel_of(element: u32) -> u32 {
  let run = divide(element, uniforms.inner);
  return run - divide(run, uniforms.channels) * uniforms.channels.x;
}
