// All of a row at once.
fn finish_held(p: Place, thread: u32, k: vec4<u32>, e: Held) {
  let top = top_of_held(thread, e);
  let t = terms_of_held(p, k, e, top);
  store_held(p, k, e, t, known_of_held(thread, t, top));
}
