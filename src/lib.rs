//! Neural-network activation functions and their gradients as WGSL compute kernels, for programs
//! that use [wgpu].
//!
//! ```
//! use wgpu_activations::{Activation, Gpu};
//!
//! # fn main() -> Result<(), wgpu_activations::Error> {
//! let gpu = Gpu::new_blocking()?; // or Gpu::new().await
//! let elu = Activation::ELU;
//!
//! let x = gpu.upload(&[-2.0, -0.5, 0.0, 3.0], [2, 2])?;
//! let y = gpu.forward(elu, &x)?;
//! let grad_y = gpu.upload(&[1.0; 4], [2, 2])?;
//! let grad_x = gpu.backward(elu, &x, &grad_y)?;
//!
//! let [y, grad_x] = gpu.read_blocking([&y, &grad_x])?; // or gpu.read(…).await
//! assert_eq!([y[3], grad_x[3]], [3.0, 1.0]);
//! # Ok(())
//! # }
//! ```
//!
//! # Two APIs
//!
//! [`Gpu`] is the high-level API. It opens a device or takes yours ([`Gpu::from_device`]),
//! allocates [`Tensor`]s, submits work in batches and reads results back. Choose it if your program
//! has no wgpu code of its own.
//!
//! [`Kernels`] is the low-level API. It works on [`Slice`]s of your buffers on your device. Each
//! method returns an [`Operation`], which you record into your own `CommandEncoder` or
//! `ComputePass`, as often as you like; nothing is submitted or waited for. Choose it for an engine
//! that has its own buffers and passes.
//!
//! ```
//! # fn main() -> Result<(), wgpu_activations::Error> {
//! # let gpu = wgpu_activations::Gpu::new_blocking()?;
//! # let (device, queue) = (gpu.device(), gpu.queue());
//! use wgpu_activations::wgpu::{self, BufferUsages};
//! use wgpu_activations::{Activation, Kernels, Slice};
//!
//! let kernels = Kernels::new(device, queue); // one for each device: it keeps what it compiles
//! # let buffer = |size| device.create_buffer(&wgpu::BufferDescriptor {
//! #     label: None, size, usage: BufferUsages::STORAGE, mapped_at_creation: false });
//! # let (x, y) = (buffer(8192), buffer(4096));
//! // Both buffers have the usage STORAGE. A slice has an offset and a size in bytes.
//! let operation = kernels.forward(Activation::Tanh, Slice::new(&x, 256, 4096), &y)?;
//!
//! let mut encoder = device.create_command_encoder(&Default::default());
//! operation.encode(&mut encoder); // or operation.record(&mut compute_pass)
//! queue.submit([encoder.finish()]);
//! # Ok(())
//! # }
//! ```
//!
//! Both APIs have the same functions with the same arguments in the same order: the function, how
//! to apply it, the inputs, and at the low level the outputs. [`Gpu::kernels`] gives the `Kernels`
//! that a `Gpu` uses, and [`Tensor::slices`] the buffers of a tensor, so the two can be mixed.
//! [`Kernels::forward_in_place`] and [`Kernels::backward_in_place`] exist at the low level only.
//!
//! There is no matrix product here. Bring yours, or put an activation into it: [`Activation::wgsl`]
//! gives the same functions as WGSL text for your own kernels.
//!
//! # Functions
//!
//! | kind | type | examples |
//! |---|---|---|
//! | of each element | [`Activation`] | `relu`, `gelu`, `silu`, `leaky_relu(negative_slope=0.2)` |
//! | of a value and a gate | [`Glu`] | `glu`, `swiglu`, `geglu`, `gated(mish)` |
//! | along an axis | [`AxisFunction`] | `softmax`, `log_softmax`, `logsumexp`, `maxout` |
//! | of logits and classes | [`CrossEntropy`] | `cross_entropy(label_smoothing=0.1)` |
//!
//! Each has a text form, which `parse` reads and `Display` writes. `parse` also reads the names
//! that PyTorch, transformers, Keras, JAX, ONNX and ggml have for a function, such as
//! `GELU(approximate='tanh')`. [`Activation::list`] and [`AxisFunction::list`] have these names,
//! formulas, parameters with their defaults and ranges, conventions, advice and sources.
//!
//! The gradient is `grad_output * f'(x)`, and 0 wherever `f'(x)` is 0. Derivatives at kinks are
//! PyTorch's. NaN in x or in the gradient gives NaN; an infinite x gives the limit, or NaN if there
//! is none. A device may flush results below the smallest normal number, 2^-126, to zero.
//!
//! Each activation and its gradient are within [`ActivationInfo::ulps`] of the true value, which is
//! at most 4 ulp, for every f32 x and for all parameters within [`Parameter::range`]. Second
//! derivatives and derivatives with respect to parameters are within 16 ulp, or within 2^-22 of
//! their largest value around zeros. Functions along an axis are within 8 ulp, and 2^-24 relative
//! for each doubling of the row.
//!
//! A new parameter value never compiles a new kernel, since values travel in a uniform. Default
//! values have kernels of their own, in which they are constants.
//!
//! # Learned parameters
//!
//! Most parameters can be learned ([`Parameter::is_learnable`]). Give the parameter as a tensor
//! beside x: with one value, or with one for each channel, which is shape `[C]`. Channels are
//! dimension 1 of x, as in PyTorch, or the dimension that [`TensorArgs::along`] names. Any other
//! shape is broadcast to that of x, as in NumPy and ONNX, without a copy. The gradient has the
//! parameter's shape. At the low level [`LearnedParam`] does the same.
//!
//! ```
//! use wgpu_activations::{Activation, Gpu, TensorArgs};
//!
//! # fn main() -> Result<(), wgpu_activations::Error> {
//! # let gpu = Gpu::new_blocking()?;
//! let x = gpu.upload(&[-2.0, -0.5, 0.0, 3.0, 1.0, -1.0], [3, 2])?;
//! let grad_output = gpu.upload(&[1.0; 6], [3, 2])?;
//!
//! let prelu = Activation::Prelu { weight: 0.25 }; // The tensor takes the place of this value.
//! let weight = gpu.upload(&[0.1, 0.3], [2])?;
//! let y = gpu.forward(prelu, (&x, &weight))?;
//! let grad_x = gpu.backward(prelu, (&x, &weight), &grad_output)?;
//! let grad_weight = gpu.backward_parameter(prelu, "weight", (&x, &weight), &grad_output)?;
//!
//! let alpha = gpu.upload(&[1.0, 2.0, 3.0], [3])?;
//! let by_row = TensorArgs::from((&x, [("alpha", &alpha)])).along(0);
//! let y = gpu.forward(Activation::ELU, by_row)?;
//!
//! assert_eq!(gpu.read_blocking(&grad_weight)?, [-2.0, -1.5]);
//! # Ok(())
//! # }
//! ```
//!
//! Sums run in a fixed order, up to 16 terms one after the other and then in pairs, so that each run
//! gives the same bits.
//!
//! # Gated units
//!
//! A gated unit is `value * activation(gate)`, of two tensors or of one tensor that holds both.
//! [`GluLayout`] says how such a tensor is split. A gate of 0 passes nothing, not even an infinite
//! value. The gradients with respect to value and gate come from one kernel.
//!
//! ```
//! use wgpu_activations::{Activation, Glu, GluLayout, Gpu};
//!
//! # fn main() -> Result<(), wgpu_activations::Error> {
//! # let gpu = Gpu::new_blocking()?;
//! let value = gpu.upload(&[1.0, 2.0], [2])?;
//! let gate = gpu.upload(&[0.0, -1.0], [2])?;
//! let y = gpu.glu(Glu::SWIGLU, &value, &gate)?;
//! let y = gpu.glu(Glu::With(Activation::Mish), &value, &gate)?; // any activation of the gate
//! let grad_y = gpu.upload(&[1.0, 1.0], [2])?;
//! let [grad_value, grad_gate] = gpu.glu_backward(Glu::SWIGLU, &value, &gate, &grad_y)?;
//!
//! let x = gpu.upload(&[1.0, 2.0, 0.0, 0.0], [1, 4])?;
//! let y = gpu.glu_split(Glu::GLU, -1, GluLayout::ValueGate, &x)?; // as PyTorch's glu
//! assert_eq!(y.shape(), [1, 2]);
//! assert_eq!(gpu.read_blocking([&y])?, [[0.5, 1.0]]);
//! # Ok(())
//! # }
//! ```
//!
//! # Functions along an axis
//!
//! They take any axis of a tensor of any shape; a negative axis counts from the end.
//! [`AxisInfo::saved`] says whether a gradient is computed from the output, as softmax's, or from
//! x. Softmax, log_softmax, softmin, sparsemax and entmax15 take a mask, which is added to x:
//! `(&x, &mask)`, or which says which elements count: [`AxisInput::boolean_mask`]. The mask has any
//! shape that broadcasts to that of x. A row in which no element counts is NaN, as in PyTorch, or
//! zeros with [`AxisInput::empty_rows_as_zeros`]. [`AxisInput`] also has causal masks and windows,
//! sinks, softcaps and Gumbel noise, and [`Gpu::forward_axis_with`] gives the logsumexp of rows and
//! the result after dropout in the same pass. The order of sums depends on the shape alone, so that
//! each run gives the same bits. At the low level an axis is an [`AxisShape`].
//!
//! ```
//! use wgpu_activations::{AxisFunction, Gpu};
//!
//! # fn main() -> Result<(), wgpu_activations::Error> {
//! # let gpu = Gpu::new_blocking()?;
//! let softmax = AxisFunction::SOFTMAX;
//! let x = gpu.upload(&[1.0, 1.0, 0.0, f32::NEG_INFINITY], [2, 2])?;
//! let y = gpu.forward_axis(softmax, -1, &x)?;
//! let grad_y = gpu.upload(&[1.0, 0.0, 0.0, 1.0], [2, 2])?;
//! let grad_x = gpu.backward_axis(softmax, -1, &y, &grad_y)?;
//!
//! let [y, grad_x] = gpu.read_blocking([&y, &grad_x])?;
//! assert_eq!(y, [0.5, 0.5, 1.0, 0.0]);
//! assert_eq!(grad_x, [0.25, -0.25, 0.0, 0.0]);
//! # Ok(())
//! # }
//! ```
//!
//! # Losses
//!
//! [`CrossEntropy`] is PyTorch's `cross_entropy` with class indices: `ignore_index`, weights of
//! classes, label smoothing, and the three reductions; and what large models add, a z-loss and a
//! softcap. The loss and its gradient come from one pass over the logits.
//! [`Kernels::cross_entropy_in_place`] overwrites the logits by their gradient.
//!
//! ```
//! use wgpu_activations::{CrossEntropy, Gpu, LossInput};
//!
//! # fn main() -> Result<(), wgpu_activations::Error> {
//! # let gpu = Gpu::new_blocking()?;
//! let logits = gpu.upload(&[2.0, 1.0, 0.0, 0.0, 1.0, 2.0], [2, 3])?;
//! let targets = gpu.upload_targets(&[0, -100], [2])?; // The second row is ignored.
//! let loss = CrossEntropy { label_smoothing: 0.1, ..CrossEntropy::default() };
//! let [loss, grad_logits] =
//!     gpu.cross_entropy_with_gradient(loss, -1, LossInput::new(&logits, &targets))?;
//! assert_eq!(gpu.read_blocking(&grad_logits)?[3..], [0.0, 0.0, 0.0]);
//! # assert!((gpu.read_blocking(&loss)?[0] - 0.5076).abs() < 1e-4);
//! # Ok(())
//! # }
//! ```
//!
//! Losses are within 8 ulp, and half an ulp for each doubling of classes and of rows. A gradient is
//! the difference of a probability and of a share of the label, and within as many ulp of the larger
//! one; without label smoothing it is so of itself.
//!
//! # Training
//!
//! [`TrainingMode`] adds dropout behind any activation, and the random slopes of `rrelu`. Random
//! numbers come from a counter: the backward pass needs the seed, not a stored mask.
//! `double_backward` gives the gradients of a gradient. `backward_from_output` takes the output in
//! place of x, which may then be overwritten: [`ActivationInfo::from_output`] says which functions
//! have it.
//!
//! Every gradient can be added to a tensor that has one already, as for the micro-batches of a
//! step: [`Gpu::accumulate`] does so, and at the low level [`Slice::accumulate`].
//!
//! ```
//! use wgpu_activations::{Activation, Gpu, TrainingMode};
//!
//! # fn main() -> Result<(), wgpu_activations::Error> {
//! # let gpu = Gpu::new_blocking()?;
//! let x = gpu.upload(&[-1.0, 2.0], [2])?;
//! let grad_output = gpu.upload(&[1.0, 1.0], [2])?;
//! let training = TrainingMode { seed: 42, offset: 0, dropout: 0.1 };
//! let y = gpu.forward_training(Activation::Silu, training, &x)?;
//! let grad_x = gpu.backward_training(Activation::Silu, training, &x, &grad_output)?;
//!
//! let y = gpu.forward(Activation::Tanh, &x)?;
//! let grad_x = gpu.backward_from_output(Activation::Tanh, &y, &grad_output)?;
//!
//! // x is used twice: grad_x += grad_output * relu'(x)
//! gpu.accumulate([&grad_x]).backward(Activation::Relu, &x, &grad_output)?;
//!
//! let tangent = gpu.upload(&[1.0, 1.0], [2])?;
//! let [grad_x, grad_grad_output] =
//!     gpu.double_backward(Activation::Gelu, &x, &grad_output, &tangent)?;
//! # gpu.read_blocking([&y, &grad_x, &grad_grad_output])?;
//! # Ok(())
//! # }
//! ```
//!
//! # Half precision, views, large tensors
//!
//! f16 and bf16 are stored as such and computed in f32, on every device: no feature is needed.
//! Results are rounded once, to nearest, and are within 0.51 ulp of their type. The output has the
//! type of x, or the one that [`TensorArgs::output_dtype`] names. [`Gpu::read`] gives f32, which
//! holds every 16-bit value. A program with a device of its own should call
//! [`Gpu::use_native_f16`] once: kernels of f16 are faster then, if the device's own conversions
//! are right.
//!
//! Inputs are read where they lie: transposed, cut, or repeated, in up to 6 dimensions, without a
//! copy. A [`View`] does this for tensors, [`Slice::strided`] for slices.
//!
//! ```
//! use wgpu_activations::half::f16;
//! use wgpu_activations::{Activation, Dtype, Gpu, TensorArgs};
//!
//! # fn main() -> Result<(), wgpu_activations::Error> {
//! # let gpu = Gpu::new_blocking()?;
//! let x = gpu.upload(&[f16::from_f32(-1.0), f16::from_f32(2.0)], [1, 2])?;
//! let y = gpu.forward(Activation::Gelu, &x)?; // f16, as x
//! let wide = gpu.forward(Activation::Gelu, TensorArgs::from(&x).output_dtype(Dtype::F32))?;
//! let brain = gpu.to_dtype(&y, Dtype::Bf16)?;
//!
//! let repeated = gpu.forward(Activation::Relu, x.view().broadcast_to([3, 2])?)?;
//! let part = repeated.view().transpose(0, 1)?.narrow(1, 0, 2)?; // [2, 2]
//! let part = gpu.forward(Activation::Relu, part)?;
//!
//! let [wide, part] = gpu.read_blocking([&wide, &part])?;
//! assert_eq!(wide[1], 1.9544997);
//! assert_eq!(part, [0.0, 0.0, 2.0, 2.0]);
//! # Ok(())
//! # }
//! ```
//!
//! A tensor that is larger than a buffer, a binding or a dispatch of the device is cut into parts
//! inside. The memory of dropped tensors is kept for new ones until [`Gpu::empty_cache`].
//! [`Gpu::read_into`] reads into memory that you have already, which is faster for large tensors.
//! The future of [`Gpu::read`] borrows nothing, so it can be spawned as a task.
//!
//! # Compiling ahead
//!
//! Kernels are compiled when they are first needed. [`Kernels::warm_up`] compiles them ahead, on
//! all cores. [`Gpu::with_pipeline_cache`] keeps compiled kernels on disk. It is unsafe, since the
//! driver must trust the file. [`Kernels::with_pipeline_cache`] takes a `wgpu::PipelineCache` of
//! yours.
//!
//! # Errors and lost devices
//!
//! All calls return [`Error`]s, whose text names the argument, its value and what is allowed. An
//! error about an argument leaves everything as it was: nothing has been recorded, and you can go
//! on.
//!
//! After [`Error::DeviceLost`] the device does not come back, and all further calls return that
//! error. Drop the `Gpu` or `Kernels` and all its tensors, open a new one, and upload your data
//! again. If wgpu refuses commands that were recorded, a `Gpu` returns that error from all further
//! calls, because its tensors can no longer be trusted. After [`Error::OutOfMemory`] drop some
//! tensors and try again.
//!
//! A loss is noticed without wgpu's device-lost callback, which stays yours to set.
//!
//! # Callbacks of wgpu's
//!
//! wgpu runs callbacks on the thread that submits or polls: those of `Queue::on_submitted_work_done`
//! and `Buffer::map_async`, and the device-lost callback. A `Gpu` submits and polls, so your
//! callbacks may run in its calls. No lock is held then, and a callback may call every method of
//! the same `Gpu` and `Kernels`, await its reads, and drop its tensors. What it must not do is to
//! wait for another thread that calls the `Gpu`, unless it has called [`Gpu::submit`] itself
//! before: batches are submitted in the order of their recording, and that thread may wait for the
//! end of the submission in which the callback runs.
//!
//! An error of a callback goes to your error scope or uncaptured-error handler, and a panic of a
//! callback to the caller; neither becomes an [`Error`]. If a callback runs at the very moment in
//! which a batch is submitted, the handler gets an error that contains the text of the callback's.
//!
//! # Choosing an adapter
//!
//! [`Gpu::new`] opens the adapter that `WGPU_BACKEND`, `WGPU_ADAPTER_NAME` and `WGPU_POWER_PREF`
//! ask for, or else the one that wgpu prefers; OpenGL and software adapters serve if there is
//! nothing better. [`request_adapter`] returns that adapter for a device of your own. To choose in
//! code, open any adapter with wgpu, and pass its device to [`Gpu::from_device`] or
//! [`Kernels::new`].
//!
//! # Browsers
//!
//! The crate works in browsers that have WebGPU, on the target `wasm32-unknown-unknown`. What
//! blocks does not exist there, nor do pipeline caches.
//!
//! A browser reports errors after the call that caused them, and that call has returned a tensor or
//! an [`Operation`] as if it were valid. The error is returned by the next [`Gpu::read`] at the
//! latest, when it is awaited; by then nobody knows what is valid. So a `Gpu` and its `Kernels`
//! return the first error from all further calls, also if it is [`Error::OutOfMemory`]. Another
//! `Gpu` works, on the same device, too, unless it is lost. [`Kernels::settled`] returns such
//! errors to programs that use [`Kernels`] alone. An argument that this crate refuses itself is an
//! error at once, after which you can go on, as everywhere.
//!
//! Errors of your own calls of wgpu's stay yours: they go to your error scopes and to your
//! uncaptured-error handler.
//!
//! # Without wgpu
//!
//! With `default-features = false` the crate has no wgpu in its tree: it is the lists, text forms,
//! f64 references ([`mod@reference`]), [`Expression`]s, and everything that gives WGSL ([`wgsl`]), for
//! programs that use another version of wgpu, or none.
//!
//! # Features, and the version of wgpu
//!
//! | feature | |
//! |---|---|
//! | `gpu` | [`Gpu`] and [`Kernels`], through wgpu |
//! | `vulkan` | Vulkan on Linux, Android and Windows |
//! | `metal` | Metal on macOS and iOS |
//! | `dx12` | Direct3D 12 on Windows |
//! | `gles` | OpenGL and OpenGL ES |
//! | `webgpu` | WebGPU in browsers |
//!
//! All are on by default. All but `gpu` are wgpu's features of the same names, and bring `gpu`
//! with them. If you use `Kernels` only, your program's own wgpu features decide, and you can
//! switch these off: `default-features = false, features = ["gpu"]`.
//!
//! `fragile-send-sync-non-atomic-wasm` is wgpu's feature of that name, too, and is off by default.
//! With it, a [`Gpu`] and what belongs to it are `Send` and `Sync` in browsers, if the program is
//! built without threads.
//!
//! The crate uses wgpu 30 and exports it as [`wgpu`]. wgpu's types are part of the public API, so
//! that each major version of wgpu is a breaking release here.

#![deny(missing_docs, unsafe_code)]
#![cfg_attr(
    not(feature = "gpu"),
    allow(
        dead_code,
        unused_imports,
        rustdoc::broken_intra_doc_links,
        reason = "kernels need more of the lists and of expressions than WGSL for others does, and the docs speak of kernels"
    )
)]

mod activation;
mod axis;
mod call;
mod cross_entropy;
mod dtype;
mod error;
mod expression;
mod glu;
#[cfg(feature = "gpu")]
mod gpu;
#[cfg(feature = "gpu")]
mod kernels;
mod list;
mod nearest;
mod parameter;
pub mod reference;
mod text;
mod value;
pub mod wgsl;

pub use activation::{Activation, ActivationInfo, FromOutput, TrainingMode};
pub use axis::{AxisFunction, AxisInfo, AxisShape};
pub use cross_entropy::{CrossEntropy, LossReduction};
pub use dtype::Dtype;
pub use error::Error;
pub use expression::{
    Expression, ExpressionError, ExpressionErrorKind, Fused, Output, WgslFunction,
};
pub use glu::Glu;
#[cfg(feature = "gpu")]
pub use gpu::{
    Accumulate, AxisExtras, AxisResults, Element, Gpu, Operands, Read, Targets, Tensor, TensorArgs,
    Tensors, Value, View, request_adapter,
};
#[cfg(feature = "gpu")]
pub use half;
#[cfg(feature = "gpu")]
pub use kernels::{
    AxisGradients, AxisInput, AxisOutputs, AxisSaved, Causal, GluLayout, Kernels, LearnedParam,
    LossInput, Operation, Slice, SliceArgs, SliceValue, SplitLayout, WarmUp,
};
pub use list::Saved;
pub use parameter::{Parameter, ParameterError};
pub use text::{FunctionKind, ParseError};
#[cfg(feature = "gpu")]
pub use wgpu;

/// Compiles and runs the code in README.md as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The same for docs/expressions.md.
#[cfg(doctest)]
#[doc = include_str!("../docs/expressions.md")]
struct ExpressionsPage;
