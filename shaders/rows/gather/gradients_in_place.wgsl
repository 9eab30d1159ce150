// What the second step of double backward reads: t is what the first has left in place of the result, always in f32.

struct Element { y: f32, grad_output: f32, t: f32 }

fn element(i: u32) -> Element {
  return Element(y_element(i), grad_output_element(i), output_elements[call.output + i]);
}

fn aligned_four(i: u32) -> Four {
  let y = y_vector(i);
  let g = grad_output_vector(i);
  let t = output_vectors[(call.output + i) / 4u];
  return Four(Element(y.x, g.x, t.x), Element(y.y, g.y, t.y), Element(y.z, g.z, t.z), Element(y.w, g.w, t.w));
}
