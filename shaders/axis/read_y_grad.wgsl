// Reads y, the output of the forward pass, and the gradient with respect to it.
struct Element { y: f32, grad_output: f32 }

fn element(i: u32) -> Element {
  return Element(y_element(i), grad_output_element(i));
}

fn aligned_four(i: u32) -> Four {
  let y = y_four(i);
  let g = grad_output_four(i);
  return Four(Element(y.x, g.x), Element(y.y, g.y), Element(y.z, g.z), Element(y.w, g.w));
}
