// Copies the pixels and the labels of the step's batch.
@group(0) @binding(2) var<storage, read> pixels: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> batch: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> labels: array<u32>;
@group(0) @binding(5) var<storage, read_write> batch_labels: array<u32>;

const WIDTH = PIXELS / 4u;

@compute @workgroup_size(64)
fn gather(@builtin(global_invocation_id) id: vec3<u32>) {
  let row = id.x / WIDTH;
  if (row < BATCH) {
    batch[id.x] = pixels[digit(row) * WIDTH + id.x % WIDTH];
    if (id.x % WIDTH == 0u) {
      batch_labels[row] = labels[digit(row)];
    }
  }
}
