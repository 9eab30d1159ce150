// What backward passes read, from the output of the forward pass.
@group(0) @binding(1) var<storage, read> y_values: array<f32>;
@group(0) @binding(2) var<storage, read> grad_output_values: array<f32>;
