// Kingma and Ba, Adam: A Method for Stochastic Optimization, ICLR 2015, arXiv:1412.6980, for all parameters at once.
const RATE = 0.002;
const MEAN_DECAY = 0.9;
const SQUARE_DECAY = 0.999;
const EPSILON = 1e-8;

// Running means of the gradient and of its square.
struct Moments {
  mean: vec4<f32>,
  square: vec4<f32>,
}

@group(0) @binding(1) var<storage, read_write> next: State;
@group(0) @binding(2) var<storage, read> gradients: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> parameters: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> moments: array<Moments>;
@group(0) @binding(5) var<storage, read_write> squares: array<vec4<f32>>;  // their sums since the epoch began

// Counts the step that is about to be taken.
@compute @workgroup_size(1)
fn advance() {
  next.step += 1u;
  next.mean_power *= MEAN_DECAY;
  next.square_power *= SQUARE_DECAY;
}

@compute @workgroup_size(64)
fn adam(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  if (i >= arrayLength(&parameters)) {
    return;
  }
  let gradient = gradients[i];
  let mean = mix(gradient, moments[i].mean, MEAN_DECAY);
  let square = mix(gradient * gradient, moments[i].square, SQUARE_DECAY);
  moments[i] = Moments(mean, square);
  squares[i] += gradient * gradient;
  let unbiased_mean = mean / (1.0 - state.mean_power);
  let unbiased_square = square / (1.0 - state.square_power);
  parameters[i] -= RATE * unbiased_mean / (sqrt(unbiased_square) + EPSILON);
}
