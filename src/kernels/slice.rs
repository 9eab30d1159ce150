//! The arguments of the low-level API: slices of the caller's buffers.

use std::ops::Range;

use super::strided::StridedLayout;
use crate::{Dtype, Error};

/// The bytes of an f32.
pub(crate) const ELEMENT: u64 = Dtype::F32.size();

/// A part of a buffer. Its elements follow each other, unless [`Slice::strided`] gives them
/// strides. They are f32, unless [`Slice::with_dtype`] gives them another dtype.
///
/// The buffer needs [`wgpu::BufferUsages::STORAGE`]. Offset and size must be multiples of an
/// element's bytes and lie within the buffer. Offsets that are multiples of four elements are
/// fastest, since kernels then load four values at a time. 16-bit elements are accessed in words of
/// 4 bytes: a word at the border of the slice must lie within the buffer, and its other half stays
/// unchanged. A buffer of another device is refused. Never pass a buffer of another
/// [`wgpu::Instance`], since wgpu cannot detect it.
///
/// ```
/// use wgpu_activations::wgpu::{self, BufferUsages};
/// use wgpu_activations::{Dtype, Slice};
///
/// # fn main() -> Result<(), wgpu_activations::Error> {
/// # let gpu = wgpu_activations::Gpu::new_blocking()?;
/// # let device = gpu.device();
/// let buffer = device.create_buffer(&wgpu::BufferDescriptor {
///     label: Some("activations"),
///     size: 4096,
///     usage: BufferUsages::STORAGE | BufferUsages::COPY_SRC,
///     mapped_at_creation: false,
/// });
/// let whole = Slice::from(&buffer);
/// let second_half = Slice::new(&buffer, 2048, 2048); // offset and size in bytes
/// let halves = Slice::new(&buffer, 0, 2048).with_dtype(Dtype::F16); // 1024 elements
/// let from_wgpu = Slice::from(buffer.slice(2048..));
/// # assert_eq!((whole.size, second_half.offset, halves.size, from_wgpu.size), (4096, 2048, 2048, 2048));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a> {
    /// The buffer.
    pub buffer: &'a wgpu::Buffer,
    /// The offset in the buffer in bytes.
    pub offset: u64,
    /// The size in bytes.
    pub size: u64,
    /// The type of the elements.
    pub dtype: Dtype,
    /// The strides of the elements, if they do not follow each other.
    pub(crate) layout: Option<StridedLayout>,
    /// True if a gradient is added to what the slice has.
    pub(crate) accumulates: bool,
}

impl<'a> Slice<'a> {
    /// Makes a slice of `size` bytes of the buffer from byte `offset` on, of f32.
    #[must_use]
    pub fn new(buffer: &'a wgpu::Buffer, offset: u64, size: u64) -> Self {
        Self {
            buffer,
            offset,
            size,
            dtype: Dtype::F32,
            layout: None,
            accumulates: false,
        }
    }

    /// Takes the same bytes as elements of another type.
    #[must_use]
    pub fn with_dtype(self, dtype: Dtype) -> Self {
        Self { dtype, ..self }
    }

    /// Gives the slice a shape and strides, without a copy. Only inputs can have them. `strides`
    /// counts the elements from one index to the next along each dimension. A stride of 0 repeats
    /// one element.
    ///
    /// All strided inputs of an operation must have the same shape. Other inputs are contiguous
    /// tensors of this shape.
    ///
    /// ```
    /// use wgpu_activations::{Activation, Gpu};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # let gpu = Gpu::new_blocking()?;
    /// # let x = gpu.upload(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [2, 3])?;
    /// # let y = gpu.upload(&[0.0; 6], [3, 2])?;
    /// # let (kernels, x_slice, y_slice) = (gpu.kernels(), x.slice()?, y.slice()?);
    /// // `x_slice` holds a matrix of shape [2, 3]. This reads it transposed.
    /// let transposed = x_slice.strided(&[3, 2], &[1, 3])?;
    /// let operation = kernels.forward(Activation::Relu, transposed, y_slice)?;
    /// # let mut encoder = gpu.device().create_command_encoder(&Default::default());
    /// # operation.encode(&mut encoder);
    /// # gpu.submit()?;
    /// # gpu.queue().submit([encoder.finish()]);
    /// # assert_eq!(gpu.read_blocking(&y)?, [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Argument`] if shape and strides differ in length, if there are more than 6
    /// dimensions, or if an element lies outside of the slice.
    pub fn strided(self, shape: &[u64], strides: &[u64]) -> Result<Self, Error> {
        let elements = self.size / self.dtype.size();
        Ok(Self {
            layout: Some(StridedLayout::new(shape, strides, elements)?),
            ..self
        })
    }

    /// Has a gradient added to what the slice has, in place of overwriting it: `grad += …`. This is
    /// for the micro-batches of a training step, and for tensors that are used twice. Every slice
    /// that a method of [`Kernels`](crate::Kernels) fills with a gradient can be passed so. It must
    /// have values already, such as zeros. Nothing is added in place: the slice must not have bytes
    /// in common with another argument.
    ///
    /// The gradient is computed in f32, and the sum is rounded once to the type of the slice. In
    /// f32 the sum has the bits of the gradient by itself, added to what was there. Each run gives
    /// the same bits. NaN and infinities are those of the sum.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let gpu = wgpu_activations::Gpu::new_blocking()?;
    /// # let tensors = [[-2.0, 3.0], [10.0, 10.0], [1.0; 2]];
    /// # let [x, dy, dx] = tensors.map(|values| gpu.upload(&values, [2]));
    /// # let (x, dy, dx) = (x?, dy?, dx?);
    /// # let (x, grad_output, grad_x) = (x.slice()?, dy.slice()?, dx.slice()?);
    /// # let (kernels, device, queue) = (gpu.kernels(), gpu.device(), gpu.queue());
    /// # gpu.submit()?;
    /// use wgpu_activations::Activation;
    ///
    /// // `grad_x` holds [1.0, 1.0].
    /// let grad_x = grad_x.accumulate();
    /// let operation = kernels.backward(Activation::Relu, x, grad_output, grad_x)?;
    /// let mut encoder = device.create_command_encoder(&Default::default());
    /// operation.encode(&mut encoder);
    /// queue.submit([encoder.finish()]);
    /// # assert_eq!(gpu.read_blocking(&dx)?, [1.0, 11.0]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn accumulate(self) -> Self {
        Self {
            accumulates: true,
            ..self
        }
    }

    /// The number of elements.
    pub(crate) fn elements(self) -> u64 {
        self.layout
            .map_or(self.size / self.dtype.size(), |layout| layout.elements())
    }

    /// The number of elements in the bytes of the slice.
    pub(crate) fn capacity(self) -> u64 {
        self.size / self.dtype.size()
    }

    /// Returns a range of the elements of a contiguous slice.
    pub(crate) fn part(self, range: &Range<u64>) -> Self {
        let element = self.dtype.size();
        Self {
            offset: self.offset + range.start * element,
            size: (range.end - range.start) * element,
            ..self
        }
    }

    /// The bytes from the first element to the last one.
    pub(super) fn bytes(self) -> Range<u64> {
        let elements = self.layout.map_or(self.capacity(), |layout| layout.reach());
        let size = elements.saturating_mul(self.dtype.size());
        self.offset..self.offset.saturating_add(size)
    }

    /// Returns whether two slices have bytes of a buffer in common.
    pub(super) fn overlaps(self, other: Self) -> bool {
        let (a, b) = (self.bytes(), other.bytes());
        let common = a.start.max(b.start)..a.end.min(b.end);
        self.buffer == other.buffer && !common.is_empty()
    }

    /// Returns whether kernels can load four elements at a time.
    pub(crate) fn is_aligned(self) -> bool {
        self.layout.is_none() && self.offset.is_multiple_of(4 * self.dtype.size())
    }

    /// Checks what wgpu would not check, or would check only when the caller's encoder is finished.
    pub(crate) fn check(self, argument: &str) -> Result<(), Error> {
        let Self {
            buffer,
            offset,
            size,
            dtype,
            ..
        } = self;
        let (unit, has, usage) = (dtype.size(), buffer.size(), buffer.usage());
        let end = offset.checked_add(size);
        // A binding has whole words.
        let end = end.and_then(|end| end.checked_next_multiple_of(ELEMENT));
        let message = if self.accumulates {
            // Operands that are gradients have taken this mark from their slices.
            "the slice is marked by Slice::accumulate, but only a gradient accumulates, and not \
             one in place"
                .to_owned()
        } else if !(offset | size).is_multiple_of(unit) {
            format!(
                "the slice begins at byte {offset} and has {size} bytes, but both must be multiples of {unit} for {dtype}"
            )
        } else if end.is_none_or(|end| end > has) {
            let is_whole = size.is_multiple_of(ELEMENT);
            let rounded = if is_whole {
                ""
            } else {
                ", up to a multiple of 4,"
            };
            format!(
                "bytes {offset} to {offset} + {size}{rounded} are asked for, but the buffer has {has}"
            )
        } else if !usage.contains(wgpu::BufferUsages::STORAGE) {
            format!("the buffer was made with {usage:?}, but it needs BufferUsages::STORAGE")
        } else {
            return Ok(());
        };
        Err(Error::argument(argument, message))
    }

    /// Checks a slice whose elements must follow each other.
    pub(crate) fn check_contiguous(self, argument: &str) -> Result<(), Error> {
        if self.layout.is_none() {
            return self.check(argument);
        }
        let message = "it is a strided view, but here elements must follow each other";
        Err(Error::argument(argument, message))
    }

    /// Checks a slice whose elements must be f32 and follow each other.
    pub(crate) fn check_f32(self, argument: &str) -> Result<(), Error> {
        let dtype = self.dtype;
        if dtype == Dtype::F32 {
            return self.check_contiguous(argument);
        }
        let message = format!("its elements are {dtype}, but here they must be f32");
        Err(Error::argument(argument, message))
    }
}

impl<'a> From<&'a wgpu::Buffer> for Slice<'a> {
    fn from(buffer: &'a wgpu::Buffer) -> Self {
        Self::new(buffer, 0, buffer.size())
    }
}

impl<'a> From<wgpu::BufferSlice<'a>> for Slice<'a> {
    fn from(slice: wgpu::BufferSlice<'a>) -> Self {
        Self::new(slice.buffer(), slice.offset(), slice.size())
    }
}
