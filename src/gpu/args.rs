//! The arguments of activations.

use super::tensor::product;
use super::{Tensor, View};
use crate::axis::position;
use crate::kernels::LearnedParam;
use crate::{Activation, Dtype, Error};

/// The inputs of an activation: x, and its learned parameters if it has any.
///
/// They are made from `&x` or a [`View`]; from `(&x, &weight)` for the first parameter of the
/// activation that can be learned; or from `(&x, [("alpha", &alpha), ("scale", &scale)])`. A
/// learned parameter has one value, or one for each channel. Channels are counted along dimension 1
/// of x as in PyTorch, or along the dimension that [`along`](Self::along) names.
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
    /// Names the dimension of x that channels are counted along, from the end if negative:
    /// `TensorArgs::from((&x, &weight)).along(-1)`.
    #[must_use]
    pub fn along(self, axis: isize) -> Self {
        Self {
            axis: Some(axis),
            ..self
        }
    }

    /// Names the type of the result, if it is not that of x:
    /// `TensorArgs::from(&x).output_dtype(Dtype::F32)`.
    #[must_use]
    pub fn output_dtype(self, dtype: Dtype) -> Self {
        Self {
            dtype: Some(dtype),
            ..self
        }
    }

    /// The type of the result.
    pub(super) fn dtype(&self) -> Dtype {
        self.dtype.unwrap_or(self.x.dtype())
    }

    /// The tensors of the learned parameters with their names.
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

    /// The learned parameters for the low-level API.
    pub(super) fn learned(&self, activation: Activation) -> Result<Vec<LearnedParam<'a>>, Error> {
        let (channels, inner) = self.channels()?;
        // An empty tensor may have any step from channel to channel.
        let inner = if self.x.shape.contains(&0) { 1 } else { inner };
        let learned = self.parameters(activation).map(|(name, values)| {
            let slice = values.slice()?;
            match values.len() {
                1 => Ok(LearnedParam::scalar(slice).named(name)),
                actual if actual == channels => {
                    Ok(LearnedParam::per_channel(slice, inner as u64).named(name))
                }
                actual => Err(Error::learned_length(name, actual as u64, channels as u64)),
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
            return Err(Error::several_buffers("x", buffers));
        }
        Ok(learned)
    }

    /// The number of channels, and the elements of x from one channel to the next.
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
