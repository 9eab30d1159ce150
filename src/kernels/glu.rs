//! Gated linear units of two slices, or of one that holds values and gates.

use super::elementwise_request::Request;
use super::request::{Operand, check_overlaps, check_slices, unify_shapes};
use super::split::SplitLayout;
use super::{Kernels, Operation, Slice};
use crate::wgsl::{Function, Op};
use crate::{Error, Glu};

impl Kernels {
    /// Computes `output = value * activation(gate)`. All slices have the same length.
    ///
    /// # Errors
    /// As [`Kernels::forward`].
    pub fn glu<'a>(
        &self,
        glu: Glu,
        value: impl Into<Slice<'a>>,
        gate: impl Into<Slice<'a>>,
        output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let arguments = [
            ("output", output.into()),
            ("value", value.into()),
            ("gate", gate.into()),
        ];
        self.gated(glu, Op::Glu, None, arguments)
    }

    /// Computes the gradients with respect to the value, `grad_output * activation(gate)`, and to
    /// the gate, `grad_output * value * activation'(gate)`. This takes one dispatch if all slices
    /// are aligned to four elements and a shader stage can have five storage buffers, else two
    /// dispatches. wgpu's default limits allow eight storage buffers, its downlevel limits four.
    ///
    /// # Errors
    /// As [`Kernels::backward`].
    pub fn glu_backward<'a>(
        &self,
        glu: Glu,
        value: impl Into<Slice<'a>>,
        gate: impl Into<Slice<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_value: impl Into<Slice<'a>>,
        grad_gate: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let arguments = [
            ("grad_value", grad_value.into()),
            ("grad_gate", grad_gate.into()),
            ("value", value.into()),
            ("gate", gate.into()),
            ("grad_output", grad_output.into()),
        ];
        self.gated(glu, Op::GluBackward, None, arguments)
    }

    /// Computes [`Kernels::glu`] from one slice that holds values and gates. The output is half as
    /// long.
    ///
    /// # Errors
    /// As [`Kernels::forward`], and [`Error::Argument`] if the split's axis is odd, or if x has not
    /// the shape of the split.
    pub fn glu_split<'a>(
        &self,
        glu: Glu,
        split: SplitLayout,
        x: impl Into<Slice<'a>>,
        output: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let arguments = [("output", output.into()), ("x", x.into())];
        self.gated(glu, Op::GluSplit, Some(split), arguments)
    }

    /// Computes the gradient with respect to x. In it, the gradients of values and gates lie as
    /// values and gates do in x.
    ///
    /// # Errors
    /// As [`Kernels::glu_split`].
    pub fn glu_split_backward<'a>(
        &self,
        glu: Glu,
        split: SplitLayout,
        x: impl Into<Slice<'a>>,
        grad_output: impl Into<Slice<'a>>,
        grad_x: impl Into<Slice<'a>>,
    ) -> Result<Operation, Error> {
        let arguments = [
            ("grad_x", grad_x.into()),
            ("x", x.into()),
            ("grad_output", grad_output.into()),
        ];
        self.gated(glu, Op::GluSplitBackward, Some(split), arguments)
    }

    fn gated<'a, const N: usize>(
        &self,
        glu: Glu,
        op: Op,
        split: Option<SplitLayout>,
        arguments: [(&'static str, Slice<'a>); N],
    ) -> Result<Operation, Error> {
        let glu = glu.checked()?;
        let mut operands = Operand::of_op(op, arguments);
        check_slices(&operands, split.is_none())?;
        unify_shapes(&mut operands)?;
        check_overlaps(&operands)?;
        let mut inputs = operands.iter().filter(|operand| !operand.is_output());
        let of_first = inputs.next().map_or(0, |input| input.slice.elements());
        let mut elements = of_first;
        if let Some(split) = split {
            split.check(of_first)?;
            elements /= 2;
        }
        let request = Request {
            values: glu.values(),
            split,
            ..Request::new(Function::of_glu(glu), op, operands, elements)
        };
        for input in request
            .operands
            .iter()
            .filter(|operand| !operand.is_output())
        {
            let expected = elements * request.factor(input);
            Error::check_length(input.argument, input.slice.elements(), expected)?;
        }
        self.elementwise(&request)
    }
}
