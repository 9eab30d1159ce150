// Of the keys of a row only those count that its query may see: the last one is uniforms.key_offset
// behind the query's index, and there are at most uniforms.window of them. The queries follow each
// other among the rows. Gives window(), counted(), nearest_counted() and counts_any().
const HAS_WINDOW = true;

fn window(row: u32) -> vec2<u32> {
  let at = uniforms.first_row + row;
  let query = at - divide(at, uniforms.queries) * uniforms.queries.x;
  let end = max(i32(query) + i32(uniforms.key_offset) + 1, 0);
  return vec2<u32>(vec2<i32>(max(end - i32(uniforms.window), 0), end));
}

fn counted(e: Element, index: u32, own_row: OfRow) -> Element {
  return excluded_unless(e, (index >= own_row.first) & (index < own_row.end));
}

// What is read of a block in place of neighbours from its k-th element on that do not count, so that
// only those are read that do.
fn nearest_counted(p: Place, k: u32, own_row: OfRow) -> u32 {
  let last = max(own_row.first, max(own_row.end, 1u) - 1u);
  let nearest = max(clamp(p.start + k, own_row.first, last), p.start) - p.start;
  return nearest - nearest % 4u;
}

// True if one of four neighbours counts.
fn counts_any(index: u32, own_row: OfRow) -> bool {
  return (index + 3u >= own_row.first) & (index < own_row.end);
}
