//! Tensors in NumPy's file format.
//!
//! Headers are parsed here instead of by a library, because they come from anywhere and from any
//! version of NumPy: npyz neither reads what Python 2 wrote nor all of NumPy's names of types, and
//! nothing may be allocated, multiplied or recursed into before a header is checked.

mod header;
mod number;

pub use header::Header;
pub use npyz::Order;
pub use number::{Kind, Number, encoded, rounded};

/// The shape of a tensor, and the order of its elements.
#[derive(Clone, Debug)]
pub struct Layout {
    pub shape: Vec<usize>,
    pub order: Order,
}

/// A tensor in memory.
#[derive(Debug)]
pub struct Npy {
    pub layout: Layout,
    /// The values, in the layout's order.
    pub values: Vec<f32>,
}

impl Layout {
    pub fn row_major(shape: &[usize]) -> Self {
        Self {
            shape: shape.to_vec(),
            order: Order::C,
        }
    }

    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// The shape of the values if they are read as row-major: column-major is row-major with the
    /// dimensions reversed.
    pub fn row_major_shape(&self) -> Vec<usize> {
        match self.order {
            Order::C => self.shape.clone(),
            Order::Fortran => self.shape.iter().rev().copied().collect(),
        }
    }

    /// Returns the index in each dimension of the value at this position.
    pub fn index(&self, position: usize) -> Vec<usize> {
        let mut rest = position;
        let mut index = self.row_major_shape();
        for dimension in index.iter_mut().rev() {
            (*dimension, rest) = (rest % *dimension, rest / *dimension);
        }
        if self.order == Order::Fortran {
            index.reverse();
        }
        index
    }
}

impl Npy {
    /// Returns the same tensor with its values in this order.
    pub fn in_order(self, order: Order) -> Self {
        let Self { layout, values } = self;
        if order == layout.order {
            return Self { layout, values };
        }
        // A change of order is a transposition. `axes` has the dimensions of the result in
        // row-major order, each with the distance of its neighbours in `values`.
        let row_major = layout.row_major_shape();
        let strides =
            (0..row_major.len()).map(|axis| row_major[axis + 1..].iter().product::<usize>());
        let axes: Vec<_> = row_major.iter().copied().zip(strides).rev().collect();
        let mut index = vec![0; axes.len()];
        let mut from = 0;
        let mut transposed = Vec::with_capacity(values.len());
        for _ in 0..values.len() {
            transposed.push(values[from]);
            for (index, &(dimension, stride)) in index.iter_mut().zip(&axes).rev() {
                *index += 1;
                from += stride;
                if *index < dimension {
                    break;
                }
                from -= stride * dimension;
                *index = 0;
            }
        }
        Self {
            layout: Layout { order, ..layout },
            values: transposed,
        }
    }
}
