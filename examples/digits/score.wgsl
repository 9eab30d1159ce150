// Loss and hits of all digits: x and y are of the training digits, z and w of the unseen ones.
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> logits: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> losses: array<f32>;
@group(0) @binding(5) var<storage, read_write> result: vec4<f32>;

// The number of vectors in a row. The last one is partly unused, and has very low logits there.
const WIDTH = (CLASSES + 3u) / 4u;

fn greatest(row: u32) -> f32 {
  var most = logits[row * WIDTH];
  for (var i = 1u; i < WIDTH; i++) {
    most = max(most, logits[row * WIDTH + i]);
  }
  return max(max(most.x, most.y), max(most.z, most.w));
}

var<workgroup> partial: array<vec4<f32>, 256>;

@compute @workgroup_size(256)
fn score(@builtin(local_invocation_index) thread: u32) {
  var sums = vec4<f32>();
  for (var row = thread; row < DIGITS; row += 256u) {
    let label = labels[row];
    let is_hit = logits[row * WIDTH + label / 4u][label % 4u] == greatest(row);
    let outcome = vec2<f32>(losses[row], select(0.0, 1.0, is_hit));
    sums += select(vec4<f32>(0.0, 0.0, outcome), vec4<f32>(outcome, 0.0, 0.0), row < TRAIN);
  }
  partial[thread] = sums;
  for (var width = 128u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (thread < width) {
      partial[thread] += partial[thread + width];
    }
  }
  if (thread == 0u) {
    result = partial[0];
  }
}
