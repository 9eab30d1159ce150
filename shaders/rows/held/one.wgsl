// What is found of a block: one result, of the first thread, unless the workgroup is one too many.
fn finish_held(p: Place, thread: u32, k: vec4<u32>, e: Held) {
  let top = top_of_held(thread, e);
  finish(p, select(1u, thread, p.count > 0u), TEAM, known_of_held(thread, terms_of_held(p, k, e, top), top));
}
