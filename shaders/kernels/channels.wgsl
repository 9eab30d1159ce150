// Learned parameters: one value, or one for each channel.

// a / divisor.x, exact for every a, without a division: many devices have none for integers.
// (Granlund and Montgomery 1994, figure 4.1; y and z hold the multiplier and the shift.)
fn divide(a: u32, divisor: vec4<u32>) -> u32 {
  let high = multiply_high(a, u32(divisor.y));
  return (high + ((a - high) >> min(u32(divisor.z), 1u))) >> (max(u32(divisor.z), 1u) - 1u);
}

// The channel of an element.
fn channel_of(element: u32) -> u32 {
  let run = divide(element, call.inner);
  return run - divide(run, call.channels) * call.channels.x;
}
