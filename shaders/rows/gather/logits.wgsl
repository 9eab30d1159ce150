// What forward passes read: x, negated for softmin. How tensors are read comes from src/wgsl/storage.rs.
struct Element { x: f32 }

fn logit(x: f32) -> Element {
  return Element(bitcast<f32>(bitcast<u32>(x) ^ call.flip));
}

fn element(i: u32) -> Element {
  return logit(x_element(i));
}

fn aligned_four(i: u32) -> Four {
  let x = x_vector(i);
  return Four(logit(x.x), logit(x.y), logit(x.z), logit(x.w));
}
