//! Weights and masks, whose shapes broadcast to that of x.

use crate::npy::{Layout, Npy};
use anyhow::{Result, bail, ensure};

/// The values of a learned parameter, in the order in which those of x lie in memory.
pub struct Weight {
    /// The shape in memory, with as many dimensions as x.
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
    /// The layout of the file, but for the order.
    pub layout: Layout,
    /// The shape of x in memory.
    x: Vec<usize>,
}

impl Weight {
    /// A weight of one dimension has a value for each channel. The channels are the given dimension
    /// of x, by default 1 as in PyTorch. Other shapes are broadcast as in NumPy.
    pub fn new(npy: Npy, name: &str, x: &Layout, channels: Option<isize>) -> Result<Self> {
        let axis = position(channels, x)?;
        let (own, of_x) = (npy.layout.shape.clone(), &x.shape);
        let dimensions = of_x.len();
        let mut padded = vec![1; dimensions];
        let of_channels = of_x.get(axis).copied();
        match own[..] {
            _ if own.iter().all(|&size| size == 1) => {}
            [size] if of_channels == Some(size) => padded[axis] = size,
            _ if fits(&own, of_x) && (own.len() > 1 || channels.is_none()) => {
                padded[dimensions - own.len()..].copy_from_slice(&own);
            }
            _ => {
                let of_channels = of_channels.map_or_else(String::new, |size| {
                    format!(", or be [{size}], a value for each index of dimension {axis}")
                });
                bail!(
                    "{name}: its shape is {own:?}, but it must broadcast to {of_x:?}, the shape of --input{of_channels}"
                );
            }
        }
        let order = npy.layout.order;
        let layout = Layout {
            shape: padded,
            order,
        };
        let values = npy.values;
        let Npy { layout, values } = Npy { layout, values }.in_order(x.order);
        Ok(Self {
            shape: layout.row_major_shape(),
            values,
            layout: Layout {
                shape: own,
                order: x.order,
            },
            x: x.row_major_shape(),
        })
    }

    /// The position of the value that an element of x has.
    pub fn place(&self, element: usize) -> usize {
        place(element, &self.shape, &self.x)
    }
}

fn fits(shape: &[usize], to: &[usize]) -> bool {
    let mut sizes = shape.iter().rev().zip(to.iter().rev());
    shape.len() <= to.len() && sizes.all(|(&own, &size)| own == size || own == 1)
}

/// The position of the value that an element of a row-major tensor has, if values of a shape are
/// broadcast to it.
pub fn place(element: usize, shape: &[usize], to: &[usize]) -> usize {
    let (mut rest, mut place, mut stride) = (element, 0, 1);
    for (axis, &size) in to.iter().enumerate().rev() {
        let own = (axis + shape.len()).checked_sub(to.len());
        let own = own.map_or(1, |axis| shape[axis]);
        place += rest % size % own * stride;
        (rest, stride) = (rest / size, stride * own);
    }
    place
}

/// The position of the channels' dimension in the shape of x. It may have fewer than two.
fn position(given: Option<isize>, x: &Layout) -> Result<usize> {
    let dimensions = x.shape.len();
    let axis = given.unwrap_or(1);
    let from_start = match axis {
        ..0 => axis.saturating_add_unsigned(dimensions),
        _ => axis,
    };
    let is_there = given.is_none() || (0..dimensions as isize).contains(&from_start);
    ensure!(
        is_there,
        "--axis {axis}: {axis} is out of range for {dimensions} dimensions"
    );
    Ok(from_start as usize)
}
