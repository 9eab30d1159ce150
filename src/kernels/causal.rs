//! Causal masks: the keys that queries may see, by their positions.

use super::learned::Part;
use crate::{AxisShape, Error};

/// A causal mask, which is computed from positions: the rows of x belong to queries, and their
/// elements to keys. A query sees the keys up to one, and, if there is a window, so many of them.
///
/// ```
/// use wgpu_activations::{AxisFunction, AxisInput, Causal, Gpu};
///
/// # fn main() -> Result<(), wgpu_activations::Error> {
/// let gpu = Gpu::new_blocking()?;
/// let scores = gpu.upload(&[0.0; 8], [2, 4])?; // two queries, four keys: two of them are cached
/// let y = |causal| {
///     let input = AxisInput::new(&scores).causal(causal);
///     gpu.read_blocking(&gpu.forward_axis(AxisFunction::SOFTMAX, -1, input)?)
/// };
/// let third = 1.0 / 3.0;
/// assert_eq!(y(Causal::default())?, [third, third, third, 0.0, 0.25, 0.25, 0.25, 0.25]);
/// let local = Causal { window: Some(2), ..Causal::default() };
/// assert_eq!(y(local)?, [0.0, 0.5, 0.5, 0.0, 0.0, 0.0, 0.5, 0.5]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Causal {
    /// The number of queries, along the last of the other axes. `None` is the size of that axis. The
    /// low-level API, which does not know the shape of x, must be told.
    pub queries: Option<u64>,
    /// The last key that query 0 sees; query i sees i more. It is the number of cached keys, if all
    /// others come from the same tokens as the queries. `None` lets the last query see the last key.
    pub offset: Option<i64>,
    /// The most keys that a query sees, the last ones. `None` is all.
    pub window: Option<u64>,
}

impl Causal {
    /// The same for the rows of a part of a tensor, checked.
    pub(super) fn checked(self, shape: AxisShape, part: Part) -> Result<SeenKeys, Error> {
        let refused = |message: String| Error::argument("causal", message);
        let rows = part.of / shape.length.max(1);
        let queries = self
            .queries
            .ok_or_else(|| refused("the number of queries is not set".to_owned()))?;
        // More elements than any buffer has are refused by their number.
        let is_divided = match queries {
            0 => rows == 0,
            queries => rows.is_multiple_of(queries),
        };
        if !is_divided && shape.elements().is_some() {
            return Err(refused(format!(
                "{rows} rows cannot be divided among {queries} queries"
            )));
        }
        if self.window == Some(0) {
            return Err(refused("the window must have at least one key".to_owned()));
        }
        let aligned_at_end = i128::from(shape.length) - i128::from(queries);
        let key_end = self.offset.map_or(aligned_at_end, i128::from) + 1;
        let window = self.window.map_or(i128::MAX / 2, i128::from);
        Ok(SeenKeys {
            queries,
            first_key: limited(key_end - window),
            key_end: limited(key_end),
        })
    }
}

/// A distance of keys from queries as i32. No tensor has so many elements that one which is cut off
/// matters, and kernels can add the index of any query to it.
fn limited(distance: i128) -> i32 {
    let most = i128::from(i32::MAX / 2);
    distance.clamp(-2 * most, most) as i32
}

/// The keys that the query of a row may see.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SeenKeys {
    /// The queries that follow each other among rows.
    pub(super) queries: u64,
    /// From a query's index to that of its first key.
    pub(super) first_key: i32,
    /// From a query's index to that behind its last key.
    pub(super) key_end: i32,
}
