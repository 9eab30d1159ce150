//! Everything that can go wrong.

use std::fmt;
use std::path::PathBuf;

use crate::{ExpressionError, ParameterError, ParseError};

#[cfg(not(target_family = "wasm"))]
const HOW_TO_GET_AN_ADAPTER: &str = "Without a GPU, install a software Vulkan driver: \
    `apt-get install mesa-vulkan-drivers libvulkan1` on Debian and Ubuntu. WGPU_BACKEND, if set, must allow it";
#[cfg(target_family = "wasm")]
const HOW_TO_GET_AN_ADAPTER: &str = "The browser must have WebGPU, which may have to be switched on in its settings, \
    and gives it only to pages that come over https or from localhost";

/// The reason why a call was refused or failed. Nothing was recorded.
///
/// A caller can act on [`DeviceLost`](Error::DeviceLost) (make another device),
/// [`OutOfMemory`](Error::OutOfMemory) (free some), [`Overlap`](Error::Overlap) (use the
/// in-place form) and [`TooLarge`](Error::TooLarge) (cut the work). The others say in their text
/// which argument was wrong, what it was, and what is allowed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// wgpu found no adapter.
    #[error("no GPU adapter was found ({reason}). {HOW_TO_GET_AN_ADAPTER}")]
    NoAdapter {
        /// wgpu's reason.
        reason: String,
    },
    /// `WGPU_ADAPTER_NAME` is set and no adapter's name contains it.
    #[error("WGPU_ADAPTER_NAME is `{name}`, but the adapters are: {}", available.join(", "))]
    UnknownAdapter {
        /// The name that was asked for.
        name: String,
        /// The names of the adapters that exist.
        available: Vec<String>,
    },
    /// A parameter of the function is out of its range.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// A text is no function.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// A text is no expression, or an expression cannot be differentiated, or not by this operand.
    #[error(transparent)]
    Expression(#[from] ExpressionError),
    /// An argument is not what it must be.
    #[error("{argument}: {message}")]
    Argument {
        /// The argument's name.
        argument: String,
        /// Says what was given, and what is allowed.
        message: String,
    },
    /// An output has bytes of a buffer in common with another argument.
    #[error(
        "{output}: it overlaps {other} in their buffer, but must have bytes of its own there: use others, or the in-place form"
    )]
    Overlap {
        /// The output's name.
        output: String,
        /// The other argument's name.
        other: String,
    },
    /// One dispatch must reach more of an argument than a binding holds.
    #[error(
        "{argument}: {bytes} bytes must lie in one binding, but on this device that takes {most}"
    )]
    TooLarge {
        /// The argument's name.
        argument: String,
        /// The bytes that one dispatch must reach.
        bytes: u64,
        /// The bytes that a binding holds.
        most: u64,
    },
    /// The pipeline cache cannot be written.
    #[error("the pipeline cache {}: {message}", path.display())]
    PipelineCache {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        message: String,
    },
    /// A kernel does not compile on this device.
    #[error("{kernel}: it does not compile on this device: {message}")]
    Compile {
        /// The kernel's label.
        kernel: String,
        /// wgpu's reason.
        message: String,
    },
    /// There is not enough memory.
    #[error("there is no memory for {what}")]
    OutOfMemory {
        /// The purpose of the memory.
        what: String,
    },
    /// The device is lost, with all results on it that were not read. It does not come back: make
    /// another.
    #[error(
        "the device is lost: what it has computed cannot be read any more, and it computes nothing new"
    )]
    DeviceLost,
    /// wgpu refused to make something.
    #[error("wgpu refused {what}: {message}")]
    Wgpu {
        /// The thing that was to be made.
        what: String,
        /// wgpu's reason.
        message: String,
    },
}

impl Error {
    pub(crate) fn argument(argument: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Argument {
            argument: argument.into(),
            message: message.into(),
        }
    }

    pub(crate) fn shape<T: fmt::Debug>(argument: &str, actual: &[T], expected: &[T]) -> Self {
        Self::argument(
            argument,
            format!("the shape is {actual:?}, but it must be {expected:?}"),
        )
    }

    pub(crate) fn shape_overflow(shape: &[usize]) -> Self {
        Self::argument(
            "shape",
            format!("{shape:?} has more elements than can be addressed"),
        )
    }

    pub(crate) fn axis(axis: isize, dimensions: usize) -> Self {
        Self::argument(
            "axis",
            format!("{axis} is out of range for {dimensions} dimensions"),
        )
    }

    pub(crate) fn groups(length: u64, groups: u64) -> Self {
        Self::argument(
            "groups",
            format!("a row of {length} elements cannot be cut into groups of {groups}"),
        )
    }

    pub(crate) fn no_double_backward(function: &str) -> Self {
        Self::argument("function", format!("{function} has no double backward"))
    }

    /// Refuses an argument that has another number of elements than it must have.
    pub(crate) fn check_length(argument: &str, actual: u64, expected: u64) -> Result<(), Self> {
        if actual == expected {
            return Ok(());
        }
        Err(Self::argument(
            argument,
            format!("there are {actual} elements, but there must be {expected}"),
        ))
    }

    /// The shape of an argument does not broadcast to that of x.
    pub(crate) fn broadcast<T: fmt::Debug>(
        argument: &str,
        shape: &[T],
        x_shape: &[T],
        or: &str,
    ) -> Self {
        let message = format!(
            "the shape is {shape:?}, but it must broadcast to {x_shape:?}, the shape of x{or}"
        );
        Self::argument(argument.to_owned(), message)
    }

    /// Two operands of an expression do not broadcast together.
    pub(crate) fn broadcast_together(
        argument: &str,
        shape: &[u64],
        other: &str,
        other_shape: &[u64],
    ) -> Self {
        let message = format!(
            "the shape is {shape:?}, which does not broadcast together with that of {other}, {other_shape:?}"
        );
        Self::argument(argument, message)
    }

    /// A learned parameter has neither one value nor one for each channel.
    pub(crate) fn learned_length(parameter: &str, actual: u64, channels: u64) -> Self {
        let message = format!(
            "there are {actual} values, but there must be 1, or {channels}, one for each channel"
        );
        Self::argument(parameter.to_owned(), message)
    }

    /// A tensor that lies in several buffers is taken only by some operations.
    pub(crate) fn several_buffers(argument: &str, buffers: usize) -> Self {
        let message = format!(
            "the tensor is larger than a buffer can be on this device and lies in {buffers} of them, which are taken \
             only by what goes element by element, or along other dimensions than the first"
        );
        Self::argument(argument.to_owned(), message)
    }

    pub(crate) fn mapping(message: impl fmt::Display) -> Self {
        Self::Wgpu {
            what: "to map the GPU's memory".to_owned(),
            message: message.to_string(),
        }
    }
}
