// result() of an element at i; `known` is what gather/exponents.wgsl has of its row: the largest logit, and R.

// grad_output e^(x - largest) / (1 + R). A grad_output above 1 makes results normal where e^(x - largest) is not: then the power
// of two carries 2^24, and grad_output 2^-24.
fn result(e: Element, own: Gathered, index: u32, row: u32, known: vec2<u32>) -> f32 {
  let top = bitcast<f32>(known.x);
  let grad_output = grad_output_element(row);
  let large = abs(grad_output) > 1.0;
  let parts = exp_parts_of(at_least(argument(e.x, top), select(88.0, 104.5, large)), select(12583039.0, 12583063.0, large));
  let weight = opt_barrier(grad_output * select(1.0, 5.9604645e-8, large), call.zero) * reciprocal(others(known) + 1.0);
  let gradient = scaled(opt_barrier((parts.q + 1.0) * pow2(parts.t), call.zero), opt_barrier(weight, call.zero));
  return select(not_a_number(), gradient, is_finite(top));
}
