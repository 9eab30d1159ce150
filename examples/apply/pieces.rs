//! Functions of each element are computed in pieces, so that files may be larger than memory.

use anyhow::{Result, ensure};
use wgpu_activations::{Error, Gpu, Tensor};

use crate::input::{Input, PIECE};
use crate::npy::{Layout, Npy};
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

/// Tensors of one shape, to be read in pieces.
pub struct Pieces {
    inputs: Vec<Input>,
    cut: Cut,
    layout: Layout,
}

impl Pieces {
    /// Refuses inputs of another shape than the first.
    pub fn new(inputs: Vec<Input>, cut: Cut) -> Result<Self> {
        let layout = inputs[0].header.layout.clone();
        for input in &inputs[1..] {
            let (own, expected) = (&input.header.layout.shape, &layout.shape);
            ensure!(
                own == expected,
                "{}: its shape is {own:?}, but --input has {expected:?}",
                input.name
            );
        }
        // Elements have the order of the first tensor. Others are transposed if their order
        // differs, for which they are needed as a whole.
        let mut orders = inputs.iter().map(|input| input.header.layout.order);
        let is_alike = orders.all(|order| order == layout.order);
        Ok(Self {
            inputs,
            cut: if is_alike { cut } else { Cut::Nowhere },
            layout,
        })
    }

    /// Has each piece computed and written. An empty tensor is one piece.
    pub fn each(mut self, mut compute: impl FnMut(&Piece) -> Result<()>) -> Result<()> {
        let (shape, order) = (self.layout.row_major_shape(), self.layout.order);
        let (mut left, most) = (self.layout.elements(), self.cut.elements(&shape));
        let progress = Progress::new(left)?;
        loop {
            let elements = left.min(most);
            let values = self.inputs.iter_mut().map(|input| {
                let values = input.read(elements)?;
                let layout = input.header.layout.clone();
                Ok(Npy { layout, values }.in_order(order).values)
            });
            compute(&Piece {
                values: values.collect::<Result<_>>()?,
                shape: self.cut.shape(&shape, elements),
            })?;
            progress.advance(elements);
            left -= elements;
            if left == 0 {
                return Ok(());
            }
        }
    }
}
