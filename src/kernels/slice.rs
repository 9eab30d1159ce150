//! What a guest hands over.

use crate::Error;

/// Bytes of one element.
pub(crate) const ELEMENT: u64 = size_of::<f32>() as u64;

/// A part of a buffer: f32 values that follow each other.
///
/// The buffer must have been made with [`wgpu::BufferUsages::STORAGE`]. Offset and size must be multiples of 4 and lie
/// within the buffer; no other alignment is needed, but offsets that are multiples of 16 are fastest: their kernels load
/// four values at a time. A buffer of another device is refused; one of another [`wgpu::Instance`] must not be passed,
/// since wgpu cannot tell.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a> {
    /// The buffer.
    pub buffer: &'a wgpu::Buffer,
    /// Where the slice begins, in bytes.
    pub offset: u64,
    /// Its size in bytes.
    pub size: u64,
}

impl<'a> Slice<'a> {
    /// `size` bytes of the buffer from `offset` on.
    #[must_use]
    pub fn new(buffer: &'a wgpu::Buffer, offset: u64, size: u64) -> Self {
        Self { buffer, offset, size }
    }

    /// The number of elements.
    pub(crate) fn elements(self) -> u64 {
        self.size / ELEMENT
    }

    /// Checks what wgpu would not, or would only when the caller's encoder is finished.
    pub(crate) fn check(self, argument: &'static str) -> Result<(), Error> {
        let Self { buffer, offset, size } = self;
        if !offset.is_multiple_of(ELEMENT) || !size.is_multiple_of(ELEMENT) {
            return Err(Error::Unaligned { argument, offset, size });
        }
        if offset.checked_add(size).is_none_or(|end| end > buffer.size()) {
            return Err(Error::OutOfBounds { argument, offset, size, buffer_size: buffer.size() });
        }
        if !buffer.usage().contains(wgpu::BufferUsages::STORAGE) {
            return Err(Error::MissingUsage { argument, actual: buffer.usage() });
        }
        Ok(())
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
pub struct Learned<'a> {
    /// The parameter's name; if there is none it is the activation's first that can be learned.
    pub(crate) parameter: Option<&'a str>,
    pub(crate) values: Slice<'a>,
    /// Elements of x from one channel to the next.
    pub(crate) inner: u64,
}

impl<'a> Learned<'a> {
    /// One value for all of x.
    #[must_use]
    pub fn scalar(value: impl Into<Slice<'a>>) -> Self {
        Self::per_channel(value, 1)
    }

    /// One value for each channel, where `inner` elements of x lie from one channel to the next: the product of the
    /// dimensions after the channels'. For x of shape `[N, C, H, W]` that is `H * W`, for `[N, C]` it is 1.
    #[must_use]
    pub fn per_channel(values: impl Into<Slice<'a>>, inner: u64) -> Self {
        Self { parameter: None, values: values.into(), inner }
    }

    /// Which parameter it is: `Learned::scalar(&alpha).named("alpha")`. Without a name it is the activation's first that can be
    /// learned.
    #[must_use]
    pub fn named(self, parameter: &'a str) -> Self {
        Self { parameter: Some(parameter), ..self }
    }

    /// Elements of x in one turn through the channels.
    pub(crate) fn turn(self) -> u64 {
        match self.values.elements() {
            1 => 1,
            channels => channels.saturating_mul(self.inner),
        }
    }

    pub(crate) fn check(self, argument: &'static str, x: Slice<'_>) -> Result<(), Error> {
        self.values.check(argument)?;
        // What a u32 index can turn through with room for one binding of 2 GiB.
        let most = 1 << 31;
        let turn = self.turn();
        if turn >= most {
            return Err(Error::TooLarge { argument, bytes: turn.saturating_mul(ELEMENT), most: most * ELEMENT });
        }
        if turn == 0 || !x.elements().is_multiple_of(turn) {
            let channels = x.elements() / self.inner.max(1);
            return Err(Error::LearnedLength {
                argument: argument.to_owned(),
                actual: self.values.elements(),
                channels,
            });
        }
        Ok(())
    }
}

/// What an activation reads: x, and its learned parameters if it has any.
///
/// Made from whatever is a [`Slice`], or from a pair of that and one or more [`Learned`]:
/// `kernels.forward(Activation::Relu, &x, &y)`, `kernels.forward(activation, (&x, Learned::scalar(&weight)), &y)`.
#[derive(Clone, Debug)]
pub struct SliceInputs<'a> {
    pub(crate) x: Slice<'a>,
    pub(crate) learned: Vec<Learned<'a>>,
}

impl<'a, X: Into<Slice<'a>>> From<X> for SliceInputs<'a> {
    fn from(x: X) -> Self {
        Self { x: x.into(), learned: Vec::new() }
    }
}

impl<'a, X: Into<Slice<'a>>> From<(X, Learned<'a>)> for SliceInputs<'a> {
    fn from((x, learned): (X, Learned<'a>)) -> Self {
        Self { x: x.into(), learned: vec![learned] }
    }
}

impl<'a, X: Into<Slice<'a>>, const N: usize> From<(X, [Learned<'a>; N])> for SliceInputs<'a> {
    fn from((x, learned): (X, [Learned<'a>; N])) -> Self {
        Self { x: x.into(), learned: learned.into() }
    }
}
