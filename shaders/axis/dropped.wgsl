// A second result of each element: the first one after dropout. Gives store_beside() and
// store_one_beside().
fn dropped_of(e: Element, y: f32) -> f32 {
  return scaled(e.keep, y);
}

fn store_beside(p: Place, k: u32, e: Element_vec4, y: vec4<f32>) {
  store_dropped_four(p, k, dropped_of_vec4(e, y));
}

fn store_one_beside(i: u32, e: Element, y: f32) {
  store_dropped(i, dropped_of(e, y));
}
