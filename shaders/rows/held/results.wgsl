// A result for each element.
fn store_four(p: Place, k: u32, e: Four, t: FourTerms, known: vec2<u32>) {
  let index = p.start + k;
  store(p, k, vec4<f32>(
    result(e.a, t.a, index, p.row, known),
    result(e.b, t.b, index + 1u, p.row, known),
    result(e.c, t.c, index + 2u, p.row, known),
    result(e.d, t.d, index + 3u, p.row, known),
  ));
}

fn store_held(p: Place, k: vec4<u32>, e: Held, t: HeldTerms, known: vec2<u32>) {
  store_four(p, k.x, e.a, t.a, known);
  store_four(p, k.y, e.b, t.b, known);
  store_four(p, k.z, e.c, t.c, known);
  store_four(p, k.w, e.d, t.d, known);
}
