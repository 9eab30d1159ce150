//! The arguments of the low-level API: parts of the caller's buffers.

use super::strided::StridedLayout;
use crate::{Dtype, Error};

/// The bytes of an f32.
pub(crate) const ELEMENT: u64 = Dtype::F32.size();

/// A part of a buffer: elements that follow each other, or lie by strides. They are f32 if nothing
/// else is said: `Slice::new(&buffer, 0, 2048).with_dtype(Dtype::F16)`.
///
/// The buffer must have been made with [`wgpu::BufferUsages::STORAGE`]. Offset and size must be
/// multiples of an element's bytes and lie within the buffer; no other alignment is needed, but
/// offsets that are multiples of four elements are fastest: their kernels load four values at a
/// time. A 16-bit element that shares its 4 bytes with one outside of the slice leaves that as it
/// is, but these 4 bytes must be the buffer's. A buffer of another device is refused; one of
/// another [`wgpu::Instance`] must not be passed, since wgpu cannot tell.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a> {
    /// The buffer.
    pub buffer: &'a wgpu::Buffer,
    /// Where the slice begins, in bytes.
    pub offset: u64,
    /// Its size in bytes.
    pub size: u64,
    /// How its elements are stored.
    pub dtype: Dtype,
    /// Where its elements lie, if they do not follow each other.
    pub(crate) layout: Option<StridedLayout>,
}

impl<'a> Slice<'a> {
    /// `size` bytes of the buffer from `offset` on, of f32.
    #[must_use]
    pub fn new(buffer: &'a wgpu::Buffer, offset: u64, size: u64) -> Self {
        Self {
            buffer,
            offset,
            size,
            dtype: Dtype::F32,
            layout: None,
        }
    }

    /// The same bytes as elements of this type.
    #[must_use]
    pub fn with_dtype(self, dtype: Dtype) -> Self {
        Self { dtype, ..self }
    }

    /// A view of the slice, for inputs: a tensor of this shape whose neighbours along each
    /// dimension are `strides` elements apart, 0 to repeat one. The strides of a transposed `[2,
    /// 3]` are `[1, 3]`, and its shape is `[3, 2]`. Nothing is copied.
    ///
    /// All inputs of an operation have one shape: those without a view are taken for contiguous
    /// tensors of it.
    ///
    /// # Errors
    /// If shape and strides differ in length, if there are more than 6 dimensions, or if an element
    /// lies outside of the slice.
    pub fn strided(self, shape: &[u64], strides: &[u64]) -> Result<Self, Error> {
        let elements = self.size / self.dtype.size();
        Ok(Self {
            layout: Some(StridedLayout::new(shape, strides, elements)?),
            ..self
        })
    }

    /// The number of elements.
    pub(crate) fn elements(self) -> u64 {
        self.layout
            .map_or(self.size / self.dtype.size(), |layout| layout.elements())
    }

    /// The elements of a range, of a contiguous slice.
    pub(crate) fn part(self, range: &std::ops::Range<u64>) -> Self {
        let element = self.dtype.size();
        Self {
            offset: self.offset + range.start * element,
            size: (range.end - range.start) * element,
            ..self
        }
    }

    /// Whether vectors of four elements can be loaded from it.
    pub(crate) fn is_aligned(self) -> bool {
        self.layout.is_none() && self.offset.is_multiple_of(4 * self.dtype.size())
    }

    /// Refuses what wgpu would not refuse, or only when the caller's encoder is finished.
    pub(crate) fn check(self, argument: &'static str) -> Result<(), Error> {
        let Self {
            buffer,
            offset,
            size,
            dtype,
            ..
        } = self;
        if !offset.is_multiple_of(dtype.size()) || !size.is_multiple_of(dtype.size()) {
            let unit = dtype.size();
            let message = format!(
                "the slice begins at byte {offset} and has {size} bytes, but both must be multiples of {unit} for {dtype}"
            );
            return Err(Error::argument(argument, message));
        }
        // Bindings are of whole words.
        let words = offset
            .checked_add(size)
            .and_then(|end| end.checked_next_multiple_of(ELEMENT));
        if words.is_none_or(|end| end > buffer.size()) {
            let rounded = if size % ELEMENT == 0 {
                ""
            } else {
                ", up to a multiple of 4,"
            };
            let has = buffer.size();
            let message = format!(
                "bytes {offset} to {offset} + {size}{rounded} are asked for, but the buffer has {has}"
            );
            return Err(Error::argument(argument, message));
        }
        if !buffer.usage().contains(wgpu::BufferUsages::STORAGE) {
            let usage = buffer.usage();
            let message =
                format!("the buffer was made with {usage:?}, but it needs BufferUsages::STORAGE");
            return Err(Error::argument(argument, message));
        }
        Ok(())
    }

    /// The same check, which also refuses views: for outputs, and for kernels that read no views.
    pub(crate) fn check_contiguous(self, argument: &'static str) -> Result<(), Error> {
        if self.layout.is_some() {
            let message = "it is a strided view, but here elements must follow each other";
            return Err(Error::argument(argument, message));
        }
        self.check(argument)
    }

    /// The same check, which also refuses elements that are not f32.
    pub(crate) fn check_f32(self, argument: &'static str) -> Result<(), Error> {
        match self.dtype {
            Dtype::F32 => self.check_contiguous(argument),
            dtype => Err(Error::argument(
                argument,
                format!("its elements are {dtype}, but here they must be f32"),
            )),
        }
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

/// A learned parameter: one value, or one for each channel of x.
#[derive(Clone, Copy, Debug)]
pub struct LearnedParam<'a> {
    /// The parameter's name; if there is none it is the activation's first that can be learned.
    pub(crate) parameter: Option<&'a str>,
    pub(crate) values: Slice<'a>,
    /// Elements of x from one channel to the next.
    pub(crate) inner: u64,
}

impl<'a> LearnedParam<'a> {
    /// One value for all of x.
    #[must_use]
    pub fn scalar(value: impl Into<Slice<'a>>) -> Self {
        Self::per_channel(value, 1)
    }

    /// One value for each channel, where `inner` elements of x lie from one channel to the next:
    /// the product of the dimensions after the channels'. For x of shape `[N, C, H, W]` that is `H
    /// * W`, for `[N, C]` it is 1.
    #[must_use]
    pub fn per_channel(values: impl Into<Slice<'a>>, inner: u64) -> Self {
        Self {
            parameter: None,
            values: values.into(),
            inner,
        }
    }

    /// Which parameter it is: `LearnedParam::scalar(&alpha).named("alpha")`. Without a name it is
    /// the activation's first that can be learned.
    #[must_use]
    pub fn named(self, parameter: &'a str) -> Self {
        Self {
            parameter: Some(parameter),
            ..self
        }
    }

    /// The elements of x in one turn through the channels.
    pub(crate) fn turn(self) -> u64 {
        match self.values.elements() {
            1 => 1,
            channels => channels.saturating_mul(self.inner),
        }
    }

    /// Checks the parameter against the number of elements of x.
    pub(crate) fn check(self, argument: &'static str, elements: u64) -> Result<(), Error> {
        // A u32 index must reach through a turn, with room for one binding of 2 GiB.
        let most = 1 << 31;
        let turn = self.turn();
        if turn >= most {
            let [bytes, most] = [turn, most].map(|elements| elements.saturating_mul(ELEMENT));
            return Err(Error::TooLarge {
                argument,
                bytes,
                most,
            });
        }
        if turn == 0 || !elements.is_multiple_of(turn) {
            let channels = elements / self.inner.max(1);
            return Err(Error::learned_length(
                argument,
                self.values.elements(),
                channels,
            ));
        }
        Ok(())
    }
}

/// What an activation reads: x, and its learned parameters if it has any.
///
/// Made from whatever is a [`Slice`], or from a pair of that and one or more [`LearnedParam`]:
/// `kernels.forward(Activation::Relu, &x, &y)`, `kernels.forward(activation, (&x,
/// LearnedParam::scalar(&weight)), &y)`.
#[derive(Clone, Debug)]
pub struct SliceArgs<'a> {
    pub(crate) x: Slice<'a>,
    pub(crate) learned: Vec<LearnedParam<'a>>,
}

impl<'a, X: Into<Slice<'a>>> From<X> for SliceArgs<'a> {
    fn from(x: X) -> Self {
        Self {
            x: x.into(),
            learned: Vec::new(),
        }
    }
}

impl<'a, X: Into<Slice<'a>>> From<(X, LearnedParam<'a>)> for SliceArgs<'a> {
    fn from((x, learned): (X, LearnedParam<'a>)) -> Self {
        Self {
            x: x.into(),
            learned: vec![learned],
        }
    }
}

impl<'a, X: Into<Slice<'a>>, const N: usize> From<(X, [LearnedParam<'a>; N])> for SliceArgs<'a> {
    fn from((x, learned): (X, [LearnedParam<'a>; N])) -> Self {
        Self {
            x: x.into(),
            learned: learned.into(),
        }
    }
}
