// A block of a row of which all is known.
fn finish_held(p: Place, thread: u32, k: vec4<u32>, e: Held) {
  let known = statistics[call.statistics + p.row];
  store_held(p, k, e, terms_of_held(p, k, e, order(bitcast<f32>(known.x))), known);
}
