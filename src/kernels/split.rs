//! The places of values and gates in one tensor.

use crate::Error;
use crate::value::named;

/// The order of values and gates in one tensor, along the axis that it is split along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GluLayout {
    /// The values, then the gates: PyTorch's `glu`.
    #[default]
    ValueGate,
    /// The gates, then the values: LLaMA's fused projection.
    GateValue,
    /// A gate, a value, a gate, a value, …: gpt-oss.
    Interleaved,
}

named!(
    GluLayout, "layout of values and gates":
    ValueGate = "value-gate",
    GateValue = "gate-value",
    Interleaved = "interleaved"
);

/// The places of values and gates in one tensor, where a run of values and a run of gates take
/// turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SplitLayout {
    axis: u64,
    /// The values at one position of the outer dimensions. There are as many gates.
    half: u64,
    pub(super) run: u64,
    pub(super) is_gate_first: bool,
}

impl SplitLayout {
    /// Makes the layout of a tensor of shape `[outer, axis, inner]` that is split along `axis`,
    /// which must be even. The calls that take the layout refuse an odd one, and a tensor that has
    /// not such a shape.
    ///
    /// ```
    /// use wgpu_activations::{Glu, GluLayout, SplitLayout};
    ///
    /// # fn main() -> Result<(), wgpu_activations::Error> {
    /// # let gpu = wgpu_activations::Gpu::new_blocking()?;
    /// # let (x, y) = (gpu.upload(&[0.0; 24], [2, 12])?, gpu.upload(&[0.0; 12], [2, 6])?);
    /// # let (kernels, x, y) = (gpu.kernels(), x.slice()?, y.slice()?);
    /// // x has the shape [2, 12], and each row holds 6 values, then 6 gates.
    /// let split = SplitLayout::new(12, 1, GluLayout::ValueGate);
    /// let operation = kernels.glu_split(Glu::SWIGLU, split, x, y)?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new(axis: u64, inner: u64, layout: GluLayout) -> Self {
        let half = (axis / 2).saturating_mul(inner);
        let run = match layout {
            GluLayout::Interleaved => inner,
            _ => half,
        };
        Self {
            axis,
            half,
            run,
            is_gate_first: layout != GluLayout::ValueGate,
        }
    }

    /// Refuses an odd axis, and a number of elements of x that no such shape has.
    pub(super) fn check(self, elements: u64) -> Result<(), Error> {
        let Self { axis, half, .. } = self;
        if !axis.is_multiple_of(2) {
            let message = format!(
                "the axis has {axis} elements, but values and gates are as many, so it must be even"
            );
            return Err(Error::argument("split", message));
        }
        let is_whole = half > 0 && elements.is_multiple_of(half.saturating_mul(2));
        if elements == 0 || is_whole {
            return Ok(());
        }
        let message = format!(
            "there are {elements} elements, but there must be a multiple of two runs of {half}: \
             of values and of gates"
        );
        Err(Error::argument("x", message))
    }
}
