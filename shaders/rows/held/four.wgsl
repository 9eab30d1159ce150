// Four neighbours in a row, and what they come to.
struct Four { a: Element, b: Element, c: Element, d: Element }
struct FourTerms { a: Gathered, b: Gathered, c: Gathered, d: Gathered }

fn top_of_four(e: Four) -> i32 {
  return max(max(key(e.a), key(e.b)), max(key(e.c), key(e.d)));
}

fn terms_of_four(e: Four, p: Place, k: u32, top: i32) -> FourTerms {
  let index = p.start + k;
  return FourTerms(
    counted(term(e.a, index, top), k < p.count),
    counted(term(e.b, index + 1u, top), k + 1u < p.count),
    counted(term(e.c, index + 2u, top), k + 2u < p.count),
    counted(term(e.d, index + 3u, top), k + 3u < p.count),
  );
}

fn sum_of_four(t: FourTerms) -> Gathered {
  return merge(merge(t.a, t.b), merge(t.c, t.d));
}
