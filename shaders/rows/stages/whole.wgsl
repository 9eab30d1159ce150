// The result of an element of a row, once all is known of that, the largest of its keys among it.
fn result_of(p: Place, k: u32, top: u32, known: vec2<u32>) -> f32 {
  let e = element(p.first + k * call.inner);
  let index = p.start + k;
  return result(e, term(e, index, top), index, p.row, known);
}
