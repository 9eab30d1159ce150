// What a gated kernel has for its value and for its gate.
struct ByBoth { value: f32, gate: f32 }

// The gradients with respect to both. glu_derivatives(value, gate) comes from src/wgsl/glue.rs.
fn gradients(value: f32, gate: f32, grad_output: f32) -> ByBoth {
  let derivatives = glu_derivatives(value, gate);
  return ByBoth(scaled(derivatives.value, grad_output), scaled(derivatives.gate, grad_output));
}
