//! Functions of each element are computed in pieces, so that files may be larger than memory.

use anyhow::Result;
use wgpu_activations::{Error, Gpu, Tensor};

use crate::input::{Input, PIECE};
use crate::npy::Npy;
use crate::progress::Progress;

/// The places where tensors of one shape may be cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Between any two elements.
    Elements,
    /// Between two slices of the outermost dimension in memory.
    Slices,
    Nowhere,
}

/// The next elements of all inputs.
pub struct Piece {
    /// The shape in memory, in row-major order.
    shape: Vec<usize>,
    /// The values of each input.
    pub values: Vec<Vec<f32>>,
}

impl Cut {
    /// Returns the number of elements of a piece.
    fn elements(self, shape: &[usize]) -> usize {
        match self {
            Self::Elements => PIECE,
            Self::Slices => {
                let slice = shape.iter().skip(1).product::<usize>().max(1);
                (PIECE / slice).max(1) * slice
            }
            Self::Nowhere => usize::MAX,
        }
    }

    /// Returns the shape of a piece of a tensor of this shape.
    fn shape(self, shape: &[usize], elements: usize) -> Vec<usize> {
        match self {
            _ if shape.iter().product::<usize>() == elements => shape.to_vec(),
            Self::Slices => {
                let slice: usize = shape[1..].iter().product();
                [&[elements / slice], &shape[1..]].concat()
            }
            Self::Elements | Self::Nowhere => vec![elements],
        }
    }
}

impl Piece {
    pub fn upload(&self, gpu: &Gpu) -> Result<Vec<Tensor>, Error> {
        let tensors = self
            .values
            .iter()
            .map(|values| gpu.upload(values, &self.shape));
        tensors.collect()
    }
}

/// Reads tensors of one shape in pieces, and has each computed, checked and written. An empty
/// tensor is one piece.
pub fn in_pieces(
    mut inputs: Vec<Input>,
    cut: Cut,
    mut compute: impl FnMut(&Piece) -> Result<()>,
) -> Result<()> {
    // Elements have the order of the first tensor. Others are transposed if their order differs,
    // for which they are needed as a whole.
    let first = inputs[0].header.layout.clone();
    let is_alike = inputs
        .iter()
        .all(|input| input.header.layout.order == first.order);
    let cut = if is_alike { cut } else { Cut::Nowhere };

    let shape = first.row_major_shape();
    let (mut left, most) = (first.elements(), cut.elements(&shape));
    let progress = Progress::new(left)?;
    loop {
        let elements = left.min(most);
        let values = inputs.iter_mut().map(|input| {
            let values = input.read(elements)?;
            let layout = input.header.layout.clone();
            Ok(Npy { layout, values }.in_order(first.order).values)
        });
        compute(&Piece {
            values: values.collect::<Result<_>>()?,
            shape: cut.shape(&shape, elements),
        })?;
        progress.advance(elements);
        left -= elements;
        if left == 0 {
            return Ok(());
        }
    }
}
