// One workgroup a row, or a block of one, whose threads hold it, sixteen elements each, so that it is read once and no loop is
// needed, which software drivers are slow at. The first four neighbours of a thread follow those of the thread before.
struct Held { a: Four, b: Four, c: Four, d: Four }
struct FourTerms { a: Gathered, b: Gathered, c: Gathered, d: Gathered }
struct HeldTerms { a: FourTerms, b: FourTerms, c: FourTerms, d: FourTerms }

// Where the neighbours of a thread begin in the block.
fn place_of_four(thread: u32, run: u32) -> u32 {
  return 4u * (run * TEAM + thread);
}

@compute @workgroup_size(TEAM)
fn held(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = position(id);
  // A workgroup too many, at the end of a dispatch's last row, counts nothing and stores nothing, without a branch: behind one,
  // software drivers go through the lanes one by one.
  let p = place(min(index, call.count - 1u));
  let counted = Place(p.index, p.row, p.first, p.start, select(0u, p.count, index < call.count));
  let k = vec4<u32>(place_of_four(thread, 0u), place_of_four(thread, 1u), place_of_four(thread, 2u), place_of_four(thread, 3u));
  let e = Held(four(p, k.x), four(p, k.y), four(p, k.z), four(p, k.w));
  finish_held(counted, thread, k, e);
}

fn top_of_four(e: Four) -> u32 {
  return max(max(key(e.a), key(e.b)), max(key(e.c), key(e.d)));
}

fn terms_of_four(e: Four, p: Place, k: u32, top: u32) -> FourTerms {
  let index = p.start + k;
  return FourTerms(
    counted(term(e.a, index, top), is_within(p, k)),
    counted(term(e.b, index + 1u, top), is_within(p, k + 1u)),
    counted(term(e.c, index + 2u, top), is_within(p, k + 2u)),
    counted(term(e.d, index + 3u, top), is_within(p, k + 3u)),
  );
}

fn sum_of_four(t: FourTerms) -> Gathered {
  return merge_few(merge_few(t.a, t.b), merge_few(t.c, t.d));
}

fn top_of_held(thread: u32, e: Held) -> u32 {
  return top_of_team(thread, max(max(top_of_four(e.a), top_of_four(e.b)), max(top_of_four(e.c), top_of_four(e.d))));
}

fn terms_of_held(p: Place, k: vec4<u32>, e: Held, top: u32) -> HeldTerms {
  return HeldTerms(
    terms_of_four(e.a, p, k.x, top), terms_of_four(e.b, p, k.y, top),
    terms_of_four(e.c, p, k.z, top), terms_of_four(e.d, p, k.w, top),
  );
}

fn known_of_held(thread: u32, t: HeldTerms, top: u32) -> vec2<u32> {
  let own = merge_few(merge_few(sum_of_four(t.a), sum_of_four(t.b)), merge_few(sum_of_four(t.c), sum_of_four(t.d)));
  return statistic(top, gathered_by_team(thread, own));
}
