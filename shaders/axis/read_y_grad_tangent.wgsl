// Reads y, grad_output, and t, which the first step of double backward has left in the output,
// always as f32.
struct Element { y: f32, grad_output: f32, t: f32 }

fn element(i: u32) -> Element {
  return Element(y_element(i), grad_output_element(i), output_element(i));
}

fn aligned_four(i: u32) -> Four {
  let y = y_four(i);
  let g = grad_output_four(i);
  let t = output_four(i);
  return Four(Element(y.x, g.x, t.x), Element(y.y, g.y, t.y), Element(y.z, g.z, t.z), Element(y.w, g.w, t.w));
}
