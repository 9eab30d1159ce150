// One workgroup a row, or a block of one, that its threads hold in registers, sixteen elements
// each. So it is read once, and no loop is needed, which software drivers are slow at. A thread
// holds four times four neighbours; its first four follow those of the thread before. Needs four(),
// an accumulator, and finish_registers().
struct Four { a: Element, b: Element, c: Element, d: Element }
struct Registers { a: Four, b: Four, c: Four, d: Four }
struct FourTerms { a: Accumulator, b: Accumulator, c: Accumulator, d: Accumulator }
struct RegisterTerms { a: FourTerms, b: FourTerms, c: FourTerms, d: FourTerms }

// The index in the block of a thread's first neighbour of each four.
fn index_of_four(thread: u32, four: u32) -> u32 {
  return 4u * (four * TEAM + thread);
}

@compute @workgroup_size(TEAM)
fn registers(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let index = dispatch_index(id);
  // The last row of the dispatch may have a workgroup too many. It counts nothing and stores
  // nothing, without a branch: behind a branch, software drivers execute lane by lane.
  let p = place(min(index, uniforms.count - 1u));
  let own = Place(p.index, p.row, p.first, p.start, select(0u, p.count, index < uniforms.count));
  let k = vec4<u32>(index_of_four(thread, 0u), index_of_four(thread, 1u), index_of_four(thread, 2u), index_of_four(thread, 3u));
  let e = Registers(four(p, k.x), four(p, k.y), four(p, k.z), four(p, k.w));
  let top = top_of_registers(p, thread, e);
  let t = terms_of_registers(own, k, e, top);
  finish_registers(own, thread, k, e, t, stats_of_registers(p, thread, t, top));
}

// True if the block has a k-th element. A block that fills its workgroup has them all.
fn is_within(p: Place, k: u32) -> bool {
  return FILLS_WORKGROUP || k < p.count;
}

fn top_of_four(e: Four) -> u32 {
  return max(max(key(e.a), key(e.b)), max(key(e.c), key(e.d)));
}

fn terms_of_four(e: Four, p: Place, k: u32, top: u32) -> FourTerms {
  let index = p.start + k;
  return FourTerms(
    counted_if(term(e.a, index, top), is_within(p, k)),
    counted_if(term(e.b, index + 1u, top), is_within(p, k + 1u)),
    counted_if(term(e.c, index + 2u, top), is_within(p, k + 2u)),
    counted_if(term(e.d, index + 3u, top), is_within(p, k + 3u)),
  );
}

fn merged_four(t: FourTerms) -> Accumulator {
  return merge_few(merge_few(t.a, t.b), merge_few(t.c, t.d));
}

fn top_of_registers(p: Place, thread: u32, e: Registers) -> u32 {
  let own = max(max(top_of_four(e.a), top_of_four(e.b)), max(top_of_four(e.c), top_of_four(e.d)));
  return top_of_workgroup(thread, own);
}

fn terms_of_registers(p: Place, k: vec4<u32>, e: Registers, top: u32) -> RegisterTerms {
  return RegisterTerms(
    terms_of_four(e.a, p, k.x, top), terms_of_four(e.b, p, k.y, top),
    terms_of_four(e.c, p, k.z, top), terms_of_four(e.d, p, k.w, top),
  );
}

fn stats_of_registers(p: Place, thread: u32, t: RegisterTerms, top: u32) -> vec2<u32> {
  let own = merge_few(merge_few(merged_four(t.a), merged_four(t.b)), merge_few(merged_four(t.c), merged_four(t.d)));
  return row_stats(top, merged_by_workgroup(thread, own));
}
