//! Everything that can go wrong on the GPU side.

use std::path::PathBuf;

use crate::{Activation, Dtype, ParameterError};

/// Why a call was refused or failed. Nothing was recorded.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// wgpu found no adapter.
    #[error(
        "no GPU adapter was found ({reason}). Without a GPU, install a software Vulkan driver: \
         `apt-get install mesa-vulkan-drivers libvulkan1` on Debian and Ubuntu. WGPU_BACKEND, if set, must allow it"
    )]
    NoAdapter {
        /// wgpu's words.
        reason: String,
    },
    /// `WGPU_ADAPTER_NAME` is set and no adapter's name contains it.
    #[error("WGPU_ADAPTER_NAME is `{name}`, but the adapters are: {}", available.join(", "))]
    UnknownAdapter {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        available: Vec<String>,
    },
    /// A parameter of the activation is out of its range.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// A prefix that WGSL's names cannot begin with, or that makes a function of WGSL's own out of one of ours.
    #[error(
        "prefix: it must be an ASCII letter or `_`, then letters, digits or `_`, with no `__` at the beginning, \
         and no function of WGSL may have the name that it makes, got `{prefix}`"
    )]
    Prefix {
        /// The prefix that was given.
        prefix: String,
    },
    /// An argument has another shape than it must have.
    #[error("{argument}: the shape is {actual:?}, but it must be {expected:?}")]
    Shape {
        /// The argument's name.
        argument: &'static str,
        /// Its shape.
        actual: Vec<usize>,
        /// The shape it must have.
        expected: Vec<usize>,
    },
    /// An argument has another number of elements than it must have.
    #[error("{argument}: there are {actual} elements, but there must be {expected}")]
    Length {
        /// The argument's name.
        argument: &'static str,
        /// Its number of elements.
        actual: u64,
        /// The number it must have.
        expected: u64,
    },
    /// A shape has more elements than memory can have.
    #[error("shape: {shape:?} has more elements than can be addressed")]
    ShapeOverflow {
        /// The shape.
        shape: Vec<usize>,
    },
    /// A slice reaches past the end of its buffer.
    #[error(
        "{argument}: bytes {offset} to {offset} + {size}{} are asked for, but the buffer has {buffer_size}",
        if size % 4 == 0 { "" } else { ", up to a multiple of 4," }
    )]
    OutOfBounds {
        /// The argument's name.
        argument: &'static str,
        /// Where the slice begins, in bytes.
        offset: u64,
        /// The slice's size in bytes.
        size: u64,
        /// The buffer's size in bytes.
        buffer_size: u64,
    },
    /// A slice's offset or size is no multiple of an element's bytes.
    #[error(
        "{argument}: the slice begins at byte {offset} and has {size} bytes, but both must be multiples of {} for {dtype}",
        dtype.size()
    )]
    Unaligned {
        /// The argument's name.
        argument: &'static str,
        /// Where the slice begins, in bytes.
        offset: u64,
        /// The slice's size in bytes.
        size: u64,
        /// How its elements are stored.
        dtype: Dtype,
    },
    /// An argument is a strided view where elements must follow each other.
    #[error("{argument}: it is a strided view, but here elements must follow each other")]
    Strided {
        /// The argument's name.
        argument: &'static str,
    },
    /// An argument's elements are not f32 where they must be.
    #[error("{argument}: its elements are {actual}, but here they must be f32")]
    Dtype {
        /// The argument's name.
        argument: &'static str,
        /// How they are stored.
        actual: Dtype,
    },
    /// A view's shape and strides are no pair, or of too many dimensions.
    #[error(
        "strides: there are {} for the shape {shape:?}, but there must be one for each dimension, of which there can be {most}",
        strides.len()
    )]
    Dimensions {
        /// The view's shape.
        shape: Vec<usize>,
        /// Its strides.
        strides: Vec<u64>,
        /// The most dimensions there can be.
        most: usize,
    },
    /// A view reaches outside of its slice.
    #[error(
        "strides: a view of shape {shape:?} with strides {strides:?} reaches past the slice's {elements} elements"
    )]
    ViewOutOfBounds {
        /// The view's shape.
        shape: Vec<usize>,
        /// Its strides.
        strides: Vec<u64>,
        /// The elements of the slice.
        elements: u64,
    },
    /// The axes of a permutation are not each once.
    #[error("axes: {axes:?} are not a permutation of the {dimensions} dimensions")]
    Permutation {
        /// The axes.
        axes: Vec<isize>,
        /// The number of dimensions.
        dimensions: usize,
    },
    /// A part of a dimension reaches past its end.
    #[error(
        "length: {length} elements from {start} on are asked for, but there are {most} along this dimension"
    )]
    Narrow {
        /// The first element.
        start: usize,
        /// The number of elements.
        length: usize,
        /// The elements that there are.
        most: usize,
    },
    /// A tensor that is larger than a buffer lies in several, where it must lie in one.
    #[error(
        "{argument}: the tensor is larger than a buffer can be on this device and lies in {buffers} of them, which are taken only \
         by what goes element by element, or along other dimensions than the first"
    )]
    SeveralBuffers {
        /// The argument's name.
        argument: &'static str,
        /// The number of buffers.
        buffers: usize,
    },
    /// A buffer was made without `BufferUsages::STORAGE`.
    #[error("{argument}: the buffer was made with {actual:?}, but it needs BufferUsages::STORAGE")]
    MissingUsage {
        /// The argument's name.
        argument: &'static str,
        /// The usages it was made with.
        actual: wgpu::BufferUsages,
    },
    /// A buffer is another device's, or destroyed.
    #[error("{argument}: wgpu refused the buffer: {message}")]
    Buffer {
        /// The argument's name.
        argument: &'static str,
        /// wgpu's words.
        message: String,
    },
    /// An output lies in the same buffer as an input: wgpu refuses to read and write one buffer in one dispatch.
    #[error(
        "{output}: it lies in the same buffer as {input}, which wgpu refuses in one dispatch: use another buffer, or the in-place form"
    )]
    SameBuffer {
        /// The output's name.
        output: &'static str,
        /// The input's name.
        input: &'static str,
    },
    /// A tensor was made by another [`Gpu`](crate::Gpu).
    #[error("{argument}: the tensor was made by another Gpu")]
    OtherGpu {
        /// The argument's name.
        argument: String,
    },
    /// A parameter is given as a tensor, or its gradient asked for, that the activation cannot learn.
    #[error("{parameter}: {}", not_learned(activation))]
    NotLearned {
        /// The activation's name.
        activation: &'static str,
        /// What was to be learned.
        parameter: String,
    },
    /// A learned parameter is given twice.
    #[error("{parameter}: it is given twice")]
    LearnedTwice {
        /// The parameter's name.
        parameter: &'static str,
    },
    /// A learned parameter has neither one value nor one for each channel.
    #[error(
        "{argument}: there are {actual} values, but there must be 1, or {channels}, one for each channel"
    )]
    LearnedLength {
        /// The parameter's name.
        argument: String,
        /// The number of values.
        actual: u64,
        /// The number of channels.
        channels: u64,
    },
    /// A dropout that is no probability.
    #[error("dropout: it must be from 0 to 1, got {dropout:?}")]
    Dropout {
        /// What was given.
        dropout: f32,
    },
    /// A tensor that is split in values and gates is not made of whole runs of both.
    #[error(
        "x: there are {elements} elements, but there must be a multiple of two runs of {run}: of values and of gates"
    )]
    Runs {
        /// The number of elements.
        elements: u64,
        /// The elements of a run.
        run: u64,
    },
    /// The dimension that is split in values and gates is odd.
    #[error(
        "x: its shape is {shape:?}, but the dimension that is split in values and gates must be even (axis {axis})"
    )]
    OddAxis {
        /// The shape.
        shape: Vec<usize>,
        /// The axis.
        axis: isize,
    },
    /// An axis is not one of the shape's.
    #[error("axis: {axis} is out of range for {dimensions} dimensions")]
    Axis {
        /// The axis that was given.
        axis: isize,
        /// The number of dimensions.
        dimensions: usize,
    },
    /// A row cannot be cut into groups of this size.
    #[error("groups: a row of {length} elements cannot be cut into groups of {groups}")]
    Groups {
        /// The elements of a row.
        length: u64,
        /// The elements of a group.
        groups: u64,
    },
    /// A mask is no repeatable part of x.
    #[error(
        "mask: there are {actual} elements, but there must be {expected}, or as many as a part of its leading dimensions has"
    )]
    MaskLength {
        /// The number of elements.
        actual: u64,
        /// The number that x has.
        expected: u64,
    },
    /// A mask is given to a function that takes none.
    #[error("mask: {function} takes no mask")]
    NotMasked {
        /// The function's name.
        function: &'static str,
    },
    /// The gradient of a gradient is asked for where there is none.
    #[error("function: {function} has no double backward")]
    NoDoubleBackward {
        /// The function's name.
        function: &'static str,
    },
    /// What must lie in one binding does not: of crelu what is before and behind the middle of the axis, of others what is known
    /// of the blocks of one column of rows.
    #[error(
        "rows: {elements} elements must lie in one binding, but on this device that takes {most}"
    )]
    RowsTooLarge {
        /// The elements that a dispatch would have to reach.
        elements: u64,
        /// The most there can be.
        most: u64,
    },
    /// An argument, or one turn through its channels, is more than a kernel can reach at once.
    #[error(
        "{argument}: {bytes} bytes must lie in one binding, but on this device that takes {most}"
    )]
    TooLarge {
        /// The argument's name.
        argument: &'static str,
        /// The bytes that must.
        bytes: u64,
        /// The most there can be.
        most: u64,
    },
    /// The pipeline cache cannot be written.
    #[error("the pipeline cache {}: {message}", path.display())]
    PipelineCache {
        /// The file.
        path: PathBuf,
        /// The system's words.
        message: String,
    },
    /// A kernel does not compile on this device.
    #[error("{kernel}: it does not compile on this device: {message}")]
    Compile {
        /// The kernel's label.
        kernel: String,
        /// wgpu's words.
        message: String,
    },
    /// There is not enough memory.
    #[error("there is no memory for {what}")]
    OutOfMemory {
        /// What needs memory.
        what: String,
    },
    /// The device is lost, with all that was computed on it and not read. It does not come back: make another.
    #[error(
        "the device is lost: what it has computed cannot be read any more, and it computes nothing new"
    )]
    DeviceLost,
    /// The GPU's memory could not be reached from the host.
    #[error("the GPU's memory could not be mapped: {message}")]
    Mapping {
        /// wgpu's words.
        message: String,
    },
    /// wgpu refused to make something.
    #[error("wgpu refused {what}: {message}")]
    Wgpu {
        /// What was to be made.
        what: String,
        /// wgpu's words.
        message: String,
    },
}

/// What can be learned instead, for an error's text.
fn not_learned(activation: &str) -> String {
    let rows = Activation::list()
        .iter()
        .filter(|info| info.name == activation);
    let learnable = rows
        .flat_map(|info| info.parameters)
        .filter(|parameter| parameter.is_learnable());
    match learnable
        .map(|parameter| parameter.name)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => format!("{activation} has no parameter that can be learned"),
        names => format!("{activation} can learn {}", names.join(", ")),
    }
}
