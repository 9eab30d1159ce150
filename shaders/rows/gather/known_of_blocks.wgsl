// From what is known of blocks to what is known of rows.
@group(0) @binding(1) var<storage, read> known_values: array<vec2<u32>>;

struct Element { known: vec2<u32> }

fn element(i: u32) -> Element {
  return Element(known_values[call.x + i]);
}
