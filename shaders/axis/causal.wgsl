// Only those keys of a row count that its query may see: from uniforms.first_key to before
// uniforms.key_end, both counted from the query's index. The queries follow each other among the
// rows. Gives window(), counted(), nearest_counted() and counts_any().
const HAS_WINDOW = true;

fn window(row: u32) -> vec2<u32> {
  let at = uniforms.first_row + row;
  let query = at - divide(at, uniforms.queries) * uniforms.queries.x;
  let ends = vec2<i32>(i32(uniforms.first_key), i32(uniforms.key_end)) + i32(query);
  return vec2<u32>(max(ends, vec2<i32>(0)));
}

fn counted(e: Element, index: u32, own_row: OfRow) -> Element {
  return excluded_unless(e, (index >= own_row.first) & (index < own_row.end));
}

// What is read of a block in place of neighbours from its k-th element on that do not count, so that
// only those are read that do. Where none counts, it is any of the block's.
fn nearest_counted(p: Place, k: u32, own_row: OfRow) -> u32 {
  let last = max(own_row.end, p.start + 1u) - 1u;
  let nearest = clamp(p.start + k, min(own_row.first, last), last) - p.start;
  return nearest - nearest % 4u;
}

// True if one of four neighbours counts.
fn counts_any(index: u32, own_row: OfRow) -> bool {
  return (index + 3u >= own_row.first) & (index < own_row.end);
}
