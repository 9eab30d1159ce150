// The cross-entropy of the softmax of a row of logits.
@group(0) @binding(2) var<storage, read> labels: array<u32>;
@group(0) @binding(3) var<storage, read> logits: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> result: array<vec4<f32>>;

// The number of vectors in a row. The last one is partly unused.
const WIDTH = (CLASSES + 3u) / 4u;

fn classes(i: u32) -> vec4<u32> {
  return 4u * i + vec4<u32>(0u, 1u, 2u, 3u);
}

// Sets unused logits so low that they are never the greatest.
fn logits_of(row: u32, i: u32) -> vec4<f32> {
  return select(vec4<f32>(-1e30), logits[row * WIDTH + i], classes(i) < vec4<u32>(CLASSES));
}

// Returns the greatest logit, and the sum of exp(logit - greatest).
fn softmax(row: u32) -> vec2<f32> {
  var most = vec4<f32>(-1e30);
  for (var i = 0u; i < WIDTH; i++) {
    most = max(most, logits_of(row, i));
  }
  let greatest = max(max(most.x, most.y), max(most.z, most.w));
  var sum = 0.0;
  for (var i = 0u; i < WIDTH; i++) {
    sum += dot(exp(logits_of(row, i) - greatest), vec4<f32>(1.0));
  }
  return vec2<f32>(greatest, sum);
}

// The gradient of the batch's mean loss with respect to its logits.
@compute @workgroup_size(64)
fn gradient(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x;
  if (row >= BATCH) {
    return;
  }
  let label = labels[digit(row)];
  let s = softmax(row);
  for (var i = 0u; i < WIDTH; i++) {
    let wanted = select(vec4<f32>(0.0), vec4<f32>(1.0), classes(i) == vec4<u32>(label));
    result[row * WIDTH + i] = (exp(logits_of(row, i) - s.x) / s.y - wanted) / f32(BATCH);
  }
}

var<workgroup> partial: array<vec4<f32>, 256>;

// Loss and hits of all digits: x and y are of the training digits, z and w of the unseen ones.
@compute @workgroup_size(256)
fn score(@builtin(local_invocation_index) thread: u32) {
  var sums = vec4<f32>();
  for (var row = thread; row < DIGITS; row += 256u) {
    let label = labels[row];
    let logit = logits[row * WIDTH + label / 4u][label % 4u];
    let s = softmax(row);
    let outcome = vec2<f32>(log(s.y) - (logit - s.x), select(0.0, 1.0, logit == s.x));
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
    result[0] = partial[0];
  }
}
