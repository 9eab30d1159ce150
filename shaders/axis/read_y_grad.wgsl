// Reads y, the output of the forward pass, and the gradient with respect to it.
struct Element { saved: f32, grad_output: f32 }

fn element(i: u32) -> Element {
  return Element(y_element(i), grad_output_element(i));
}

fn aligned_four(i: u32) -> Element_vec4 {
  return Element_vec4(y_four(i), grad_output_four(i));
}

fn joined(a: Element, b: Element, c: Element, d: Element) -> Element_vec4 {
  return Element_vec4(
    vec4<f32>(a.saved, b.saved, c.saved, d.saved),
    vec4<f32>(a.grad_output, b.grad_output, c.grad_output, d.grad_output),
  );
}
