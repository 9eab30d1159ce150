//! What activations read.

use super::tensor::product;
use super::{Tensor, View};
use crate::axis::position;
use crate::kernels::LearnedParam;
use crate::{Activation, Dtype, Error};

/// What an activation reads: x, and its learned parameters if it has any.
///
/// Made from `&x` or a [`View`], from `(&x, &weight)` for the activation's first parameter that can be learned, or from
/// `(&x, [("alpha", &alpha), ("scale", &scale)])`. A learned parameter has one value, or one for each channel: of dimension 1
/// of x as in PyTorch, or of the dimension that [`along`](Self::along) names.
#[derive(Clone, Debug)]
pub struct TensorArgs<'a> {
    pub(super) x: View<'a>,
    learned: Vec<(Option<&'a str>, &'a Tensor)>,
    axis: Option<isize>,
    dtype: Option<Dtype>,
}

impl<'a, X: Into<View<'a>>> From<X> for TensorArgs<'a> {
    fn from(x: X) -> Self {
        Self {
            x: x.into(),
            learned: Vec::new(),
            axis: None,
            dtype: None,
        }
    }
}

impl<'a, X: Into<View<'a>>> From<(X, &'a Tensor)> for TensorArgs<'a> {
    fn from((x, weight): (X, &'a Tensor)) -> Self {
        Self {
            learned: vec![(None, weight)],
            ..Self::from(x)
        }
    }
}

impl<'a, X: Into<View<'a>>, const N: usize> From<(X, [(&'a str, &'a Tensor); N])>
    for TensorArgs<'a>
{
    fn from((x, learned): (X, [(&'a str, &'a Tensor); N])) -> Self {
        Self {
            learned: learned.map(|(name, values)| (Some(name), values)).into(),
            ..Self::from(x)
        }
    }
}

impl<'a> TensorArgs<'a> {
    /// The dimension of x that channels are counted along, from the end if negative: `TensorArgs::from((&x, &weight)).along(-1)`.
    #[must_use]
    pub fn along(self, axis: isize) -> Self {
        Self {
            axis: Some(axis),
            ..self
        }
    }

    /// How the result is to be stored, if not as x is: `TensorArgs::from(&x).output_dtype(Dtype::F32)`.
    #[must_use]
    pub fn output_dtype(self, dtype: Dtype) -> Self {
        Self {
            dtype: Some(dtype),
            ..self
        }
    }

    /// How the result is to be stored.
    pub(super) fn dtype(&self) -> Dtype {
        self.dtype.unwrap_or(self.x.dtype())
    }

    /// The learned parameters' tensors, and their names.
    pub(super) fn parameters(
        &self,
        activation: Activation,
    ) -> impl Iterator<Item = (&'a str, &'a Tensor)> {
        let first = activation.first_learnable().map_or("learned", |position| {
            activation.info().parameters[position].name
        });
        self.learned
            .iter()
            .map(move |&(name, values)| (name.unwrap_or(first), values))
    }

    /// The same for the guest level.
    pub(super) fn learned(&self, activation: Activation) -> Result<Vec<LearnedParam<'a>>, Error> {
        let (channels, inner) = self.channels()?;
        // Of an empty tensor any step from channel to channel will do.
        let inner = if self.x.shape.contains(&0) { 1 } else { inner };
        let learned = self.parameters(activation).map(|(name, values)| {
            let slice = values.slice()?;
            match values.len() {
                1 => Ok(LearnedParam::scalar(slice).named(name)),
                actual if actual == channels => {
                    Ok(LearnedParam::per_channel(slice, inner as u64).named(name))
                }
                actual => {
                    let (argument, actual, channels) =
                        (name.to_owned(), actual as u64, channels as u64);
                    Err(Error::LearnedLength {
                        argument,
                        actual,
                        channels,
                    })
                }
            }
        });
        let learned = learned.collect::<Result<Vec<_>, _>>()?;
        // Each buffer must hold whole turns through the channels.
        let buffers = self.x.tensor.buffers.len();
        let turn =
            |learned: &LearnedParam<'_>| usize::try_from(learned.turn()).unwrap_or(usize::MAX);
        if buffers > 1
            && learned
                .iter()
                .any(|learned| !self.x.tensor.cut.is_multiple_of(turn(learned)))
        {
            return Err(Error::SeveralBuffers {
                argument: "x",
                buffers,
            });
        }
        Ok(learned)
    }

    /// The number of channels, and of elements of x from one to the next.
    fn channels(&self) -> Result<(usize, usize), Error> {
        let shape = self.x.shape();
        let position = match self.axis {
            // As PyTorch: with fewer than two dimensions there is one channel.
            None if shape.len() < 2 => return Ok((1, 1)),
            None => 1,
            Some(axis) => position(axis, shape.len())?,
        };
        Ok((shape[position], product(&shape[position + 1..])))
    }
}
