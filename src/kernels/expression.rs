//! Expressions, and the gradients of expressions and of parameters.

use std::sync::Arc;

use super::elementwise_request::Request;
use super::error_scope::with_error_scope;
use super::operation::RecordedDispatch;
use super::request::{Operand, Repeatable, check_overlaps, check_slices, dimensions};
use super::slice::{ELEMENT, Slice};
use super::strided::{Repeat, StridedLayout};
use super::sums::Target;
use super::sums_plan::is_permuted;
use super::uniforms::MOST_SCALARS;
use super::{Kernels, Operation};
use crate::expression::graph::Graph;
use crate::expression::program::Program;
use crate::expression::{Cut, Fused, GRAD_OUTPUT, Output};
use crate::wgsl::expression::{INPUTS, OUTPUTS};
use crate::wgsl::operand::{Access, Layout, MOST_OPERANDS};
use crate::{Error, TrainingMode};

/// A value of an operand of an expression: a tensor, or a number of the host's.
///
/// A number is a part of the call and not of the kernel: a new one compiles nothing.
#[derive(Clone, Copy, Debug)]
pub enum SliceValue<'a> {
    /// A slice with its shape.
    Tensor(Slice<'a>, &'a [u64]),
    /// A number.
    Number(f32),
}

impl From<f32> for SliceValue<'_> {
    fn from(value: f32) -> Self {
        Self::Number(value)
    }
}

impl<'a, S: Into<Slice<'a>>> From<(S, &'a [u64])> for SliceValue<'a> {
    fn from((slice, shape): (S, &'a [u64])) -> Self {
        Self::Tensor(slice.into(), shape)
    }
}

impl<'a, S: Into<Slice<'a>>, const N: usize> From<(S, &'a [u64; N])> for SliceValue<'a> {
    fn from((slice, shape): (S, &'a [u64; N])) -> Self {
        Self::Tensor(slice.into(), shape)
    }
}

/// A checked call of an expression.
struct Call<'a> {
    /// The values of the operands, in the order of the expression's.
    values: Vec<SliceValue<'a>>,
    names: &'a [String],
    outputs: Vec<Operand<'a>>,
    /// The shape to which all operands are broadcast.
    shape: Vec<u64>,
    elements: u64,
}

impl Kernels {
    /// Computes an expression, or gradients of one. `operands` has a value for each operand by its
    /// name; their shapes are broadcast by the rules of NumPy. `outputs` are in the order of
    /// [`Fused::outputs`]: the result of an expression has the shape to which all operands are
    /// broadcast, and a gradient has the shape of its operand, so that it is summed over the
    /// dimensions in which that is repeated.
    ///
    /// `training` gives the seed and the offset of the random numbers of dropout; its own `dropout`
    /// does not count.
    ///
    /// ```
    /// use wgpu_activations::{Expression, Gpu, SliceValue};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let gpu = Gpu::new_blocking()?;
    /// # let [x, bias, y] = [[-1.0, 2.0], [0.5, -0.5], [0.0; 2]].map(|values| gpu.upload(&values, [2]));
    /// # let (x, bias, y) = (x?, bias?, y?);
    /// # let (kernels, x, bias, y) = (gpu.kernels(), x.slice()?, bias.slice()?, y.slice()?);
    /// let fused = "gelu(x + bias) * scale".parse::<Expression>()?.fuse();
    /// let operands = [
    ///     ("x", SliceValue::from((x, &[1, 2]))),
    ///     ("bias", SliceValue::from((bias, &[2]))),
    ///     ("scale", SliceValue::from(0.5)),
    /// ];
    /// let operation = kernels.evaluate(&fused, &operands, None, &[y])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// - [`Error::Argument`] if an operand is missing or superfluous, if shapes do not broadcast,
    ///   if an output has another length, or if there are too many operands.
    /// - [`Error::Overlap`] if an output has bytes in common with another argument, except that the
    ///   result of an expression, or one gradient alone, may overwrite a tensor of its own shape
    ///   and type.
    /// - [`Error::Compile`] or [`Error::Wgpu`] if wgpu refuses a kernel or a binding.
    pub fn evaluate<'a>(
        &self,
        fused: &'a Fused,
        operands: &[(&str, SliceValue<'a>)],
        training: Option<TrainingMode>,
        outputs: &[Slice<'a>],
    ) -> Result<Operation, Error> {
        let call = Call::new(fused, operands, outputs)?;
        let is_tensor = |&operand: &usize| matches!(call.values[operand], SliceValue::Tensor(..));
        let all: Vec<_> = (0..outputs.len()).collect();
        let program = fused.program(&all);
        let bound = program
            .operands()
            .iter()
            .filter(|operand| is_tensor(operand));
        if bound.count() + outputs.len() <= MOST_OPERANDS {
            return self.in_one_go(fused, &call, training);
        }
        if outputs.len() == 1 {
            return self.in_two_steps(fused, operands, training, outputs, &|operand| {
                is_tensor(&operand)
            });
        }
        call.check_outputs()?;
        let mut operation = Operation { dispatches: vec![] };
        for (number, output) in outputs.iter().enumerate() {
            let one = fused.with_outputs(&[number]);
            operation.append(self.evaluate(&one, operands, training, &[*output])?);
        }
        Ok(operation)
    }

    /// Computes what has more operands than a kernel: a part of it first.
    fn in_two_steps(
        &self,
        fused: &Fused,
        operands: &[(&str, SliceValue<'_>)],
        training: Option<TrainingMode>,
        outputs: &[Slice<'_>],
        is_tensor: &dyn Fn(usize) -> bool,
    ) -> Result<Operation, Error> {
        // The part has an output, too.
        let cut = fused.cut(MOST_OPERANDS - 1, is_tensor);
        let Cut {
            first,
            second,
            name,
        } = cut.ok_or_else(|| {
            let message = format!("there are more than {MOST_OPERANDS} tensors beside a dropout");
            Error::argument("operands", message)
        })?;
        let of_first = |(name, _): &&(&str, _)| first.operands().iter().any(|own| own == name);
        let own: Vec<_> = operands.iter().filter(of_first).copied().collect();
        let (shape, elements) = broadcast_shape(&own)?;
        let buffer = self.step(elements)?;
        let value = Slice::new(&buffer, 0, elements * ELEMENT);
        let mut operation = self.evaluate(&first, &own, training, &[value])?;
        let mut operands = operands.to_vec();
        operands.push((&name, SliceValue::Tensor(value, &shape)));
        operation.append(self.evaluate(&second, &operands, training, outputs)?);
        Ok(operation)
    }

    /// Computes what has no more operands than a kernel.
    fn in_one_go<'a>(
        &self,
        fused: &'a Fused,
        call: &Call<'a>,
        training: Option<TrainingMode>,
    ) -> Result<Operation, Error> {
        let (mut stored, mut summed) = (Vec::new(), Vec::new());
        let common = call.common_order()?;
        for (number, (output, &operand)) in fused.outputs().iter().zip(&call.outputs).enumerate() {
            let slice = operand.slice;
            match call.sums_layout(output)? {
                None => {
                    Error::check_length(&output.name, slice.elements(), call.elements)?;
                    stored.push((number, operand));
                }
                Some((layout, values)) => {
                    slice.check_f32(&output.name)?;
                    Error::check_length(&output.name, slice.elements(), values)?;
                    let output = operand;
                    let order = match values {
                        1 => common.unwrap_or(layout),
                        _ => layout,
                    };
                    let target = Target {
                        output,
                        layout,
                        order,
                    };
                    summed.push((number, target));
                }
            }
        }
        let request =
            |stored: &[_], sums: &[_]| self.request_of(fused, call, training, stored, sums);
        let mut dispatches = Vec::new();
        // Sums of the same order come from one kernel; so do results that are stored, if they go by
        // vectors.
        while !summed.is_empty() {
            let order = summed[0].1.order;
            let joins = |(_, target): &(usize, Target<'_>)| target.order == order;
            let (together, others): (Vec<_>, Vec<_>) = summed.into_iter().partition(joins);
            summed = others;
            let targets: Vec<_> = together.iter().map(|(_, target)| *target).collect();
            let with_stored = request(&stored, &together)?;
            if self.stores_beside_sums(&with_stored, &targets)? {
                dispatches.extend(self.sums(vec![with_stored], &targets)?);
                stored.clear();
                continue;
            }
            if is_permuted(order) && with_stored.has_dropout() {
                for (number, target) in together {
                    let buffer = self.step(call.elements)?;
                    let terms = Slice::new(&buffer, 0, call.elements * ELEMENT);
                    let to = [(number, Operand::output("terms", terms))];
                    let of_terms = self.request_of(fused, call, training, &to, &[])?;
                    dispatches.extend(self.elementwise(&of_terms)?.dispatches);
                    dispatches.extend(self.sum_of_stored(terms, target)?);
                }
                continue;
            }
            let alone = request(&[], &together)?;
            if together.len() == 1 || self.stores_beside_sums(&alone, &targets)? {
                dispatches.extend(self.sums(vec![alone], &targets)?);
                continue;
            }
            for one in together {
                let target = one.1;
                dispatches.extend(self.sums(vec![request(&[], &[one])?], &[target])?);
            }
        }
        if !stored.is_empty() {
            // Sums read what an output in place overwrites, so they come first.
            dispatches.extend(self.elementwise(&request(&stored, &[])?)?.dispatches);
        }
        Ok(Operation { dispatches })
    }

    /// Adds terms that are stored. Sums that read elements in another order have stored terms if
    /// there is dropout, since its random numbers depend on the place in the result.
    fn sum_of_stored(
        &self,
        terms: Slice<'_>,
        target: Target<'_>,
    ) -> Result<Vec<RecordedDispatch>, Error> {
        let mut graph = Graph::default();
        let term = graph.operand("term");
        let program = Program::new(&graph, &[term]);
        let mut request = Request::of_expression(Arc::new(program), terms.elements());
        request.operands.push(Operand::input(INPUTS[0], terms));
        self.sums(vec![request], &[target])
    }

    /// A buffer for one step of an expression.
    fn step(&self, elements: u64) -> Result<wgpu::Buffer, Error> {
        let descriptor = wgpu::BufferDescriptor {
            label: Some("wgpu-activations step of an expression"),
            size: elements.max(1).saturating_mul(ELEMENT),
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        };
        let what = || format!("{} bytes for a step of an expression", descriptor.size);
        with_error_scope(&self.device, what, || {
            self.device.create_buffer(&descriptor)
        })
    }

    /// The request of some outputs. Those that are summed are not among its operands.
    fn request_of<'a>(
        &self,
        fused: &Fused,
        call: &Call<'a>,
        training: Option<TrainingMode>,
        stored: &[(usize, Operand<'a>)],
        summed: &[(usize, Target<'a>)],
    ) -> Result<Request<'a>, Error> {
        let stored_numbers = stored.iter().map(|(number, _)| *number);
        let numbers: Vec<_> = stored_numbers
            .chain(summed.iter().map(|(number, _)| *number))
            .collect();
        let program = fused.program(&numbers);
        let mut request = Request::of_expression(program.clone(), call.elements);
        request.training = request.training.map(|start| training.unwrap_or(start));
        for (name, (_, output)) in OUTPUTS.iter().zip(stored) {
            request.operands.push(output.named(name));
        }
        let (mut repeat, mut scalars) = (None, 0);
        for (name, &position) in INPUTS.iter().zip(program.operands()) {
            match call.values[position] {
                SliceValue::Number(value) => {
                    let Some(place) = request.scalars.get_mut(scalars) else {
                        let message =
                            format!("there can be {MOST_SCALARS} operands that are numbers");
                        return Err(Error::argument(call.names[position].clone(), message));
                    };
                    *place = value;
                    scalars += 1;
                }
                SliceValue::Tensor(slice, shape) => {
                    let layout = call.layout(slice, shape)?;
                    let operand = Operand {
                        argument: &call.names[position],
                        ..Operand::input(name, Slice { layout, ..slice })
                    };
                    let operand = Repeatable::laid_out(operand);
                    let most = self.elements_in_binding();
                    request
                        .operands
                        .push(operand.joined(&mut repeat, call.elements, most));
                }
            }
        }
        request.repeat = repeat.unwrap_or_default();
        if call.elements > 0 && dimensions(&request.operands).is_none() {
            return Err(Error::argument(
                "operands",
                "their shapes cut the result at different places",
            ));
        }
        if let ([(_, output)], []) = (stored, summed) {
            in_place(&mut request.operands, output);
        }
        let sums = summed.iter().map(|(_, target)| target.output);
        let all: Vec<_> = request.operands.iter().copied().chain(sums).collect();
        check_overlaps(&all)?;
        if stored.len() > 1 {
            let singly = stored.iter().map(|one| {
                let single = self.request_of(fused, call, training, &[*one], &[])?;
                Ok((single.function, single.operands))
            });
            request.singly = singly.collect::<Result<_, Error>>()?;
        }
        Ok(request)
    }
}

/// Reads the input that is the output itself from there. A sum with the output is nothing of that
/// kind: an overlap is refused.
fn in_place(operands: &mut [Operand<'_>], output: &Operand<'_>) {
    if output.accumulates {
        return;
    }
    let output = output.slice;
    let is_it = |operand: &&mut Operand<'_>| {
        let slice = operand.slice;
        operand.access == Access::Read
            && operand.layout == Layout::Contiguous
            && slice.layout.is_none()
            && slice.buffer == output.buffer
            && (slice.offset, slice.size, slice.dtype) == (output.offset, output.size, output.dtype)
    };
    if let Some(input) = operands.iter_mut().find(is_it) {
        input.layout = Layout::InPlace;
    }
}

/// The shape to which all operands are broadcast, and its elements.
fn broadcast_shape(operands: &[(&str, SliceValue<'_>)]) -> Result<(Vec<u64>, u64), Error> {
    let tensors = operands.iter().filter_map(|(name, value)| match *value {
        SliceValue::Tensor(slice, shape) => Some((*name, slice, shape)),
        SliceValue::Number(_) => None,
    });
    for (name, slice, shape) in tensors.clone() {
        slice.check(name)?;
        let has = shape.iter().copied().fold(1, u64::saturating_mul);
        Error::check_length(name, slice.elements(), has)?;
    }
    let shape = joint_shape(tensors.map(|(name, _, shape)| (name, shape)))?;
    // An overflow has been refused.
    let elements = if shape.contains(&0) {
        0
    } else {
        shape.iter().product()
    };
    Ok((shape, elements))
}

/// The shape to which named shapes are broadcast together.
pub(crate) fn joint_shape<'a>(
    shapes: impl IntoIterator<Item = (&'a str, &'a [u64])>,
) -> Result<Vec<u64>, Error> {
    let mut joint: Vec<u64> = Vec::new();
    // The shape with the most dimensions so far stands for all.
    let mut largest: Option<(&str, &[u64])> = None;
    for (name, shape) in shapes {
        let (before, other) = *largest.get_or_insert((name, shape));
        if !join(&mut joint, shape) {
            return Err(Error::broadcast_together(name, shape, before, other));
        }
        if shape.len() > other.len() {
            largest = Some((name, shape));
        }
    }
    let product = joint
        .iter()
        .try_fold(1u64, |product, &size| product.checked_mul(size));
    if product.is_none() && !joint.contains(&0) {
        let sizes: Vec<_> = joint.iter().map(|&size| size as usize).collect();
        return Err(Error::shape_overflow(&sizes));
    }
    Ok(joint)
}

impl<'a> Call<'a> {
    fn new(
        fused: &'a Fused,
        operands: &[(&str, SliceValue<'a>)],
        outputs: &[Slice<'a>],
    ) -> Result<Self, Error> {
        let names = fused.operands();
        for (k, (name, _)) in operands.iter().enumerate() {
            if !names.iter().any(|known| known == name) {
                let known = names.join(", ");
                let message = format!("the expression has no such operand: it has {known}");
                return Err(Error::argument(*name, message));
            }
            if operands[..k].iter().any(|(other, _)| other == name) {
                return Err(Error::argument(*name, "it is given twice"));
            }
        }
        let value = |name: &String| {
            let given = operands.iter().find(|(given, _)| given == name);
            let missing = "the expression has this operand, and no value is given";
            given
                .map(|(_, value)| *value)
                .ok_or_else(|| Error::argument(name, missing))
        };
        let values = names.iter().map(value).collect::<Result<Vec<_>, _>>()?;
        let wanted = fused.outputs();
        if outputs.len() != wanted.len() {
            let (wanted, got) = (wanted.len(), outputs.len());
            let message = format!("there must be {wanted}, one for each output, got {got}");
            return Err(Error::argument("outputs", message));
        }
        let is_gradient = wanted.iter().any(|output| output.operand.is_some());
        let of_result = |(name, _): &&(&str, SliceValue<'_>)| *name != GRAD_OUTPUT;
        if is_gradient && let SliceValue::Tensor(_, own) = values[names.len() - 1] {
            let others: Vec<_> = operands.iter().filter(of_result).copied().collect();
            let (result, _) = broadcast_shape(&others)?;
            if own != result {
                return Err(Error::shape(GRAD_OUTPUT, own, &result));
            }
        }
        let (shape, elements) = broadcast_shape(operands)?;
        let outputs = wanted.iter().zip(outputs).map(|(output, &slice)| Operand {
            argument: &output.name,
            ..match output.operand {
                Some(_) => Operand::gradient("output", slice),
                None => Operand::output("output", slice),
            }
        });
        let outputs: Vec<_> = outputs.collect();
        check_slices(&outputs, false)?;
        Ok(Self {
            values,
            names,
            outputs,
            shape,
            elements,
        })
    }

    /// Refuses outputs that overlap an operand, or each other.
    fn check_outputs(&self) -> Result<(), Error> {
        let inputs = self.names.iter().zip(&self.values);
        let inputs = inputs.filter_map(|(name, value)| match *value {
            SliceValue::Tensor(slice, _) => Some(Operand {
                argument: name,
                ..Operand::input("x", slice)
            }),
            SliceValue::Number(_) => None,
        });
        let outputs = self.outputs.iter().copied();
        check_overlaps(&outputs.chain(inputs).collect::<Vec<_>>())
    }

    /// The layout of a tensor in the result, or `None` if it is the result's.
    fn layout(&self, slice: Slice<'_>, shape: &[u64]) -> Result<Option<StridedLayout>, Error> {
        let is_whole = shape == self.shape;
        match slice.layout {
            layout if is_whole => Ok(layout),
            None => {
                let layout = StridedLayout::broadcast(shape, &self.shape)?;
                Ok(layout)
            }
            Some(layout) => layout.repeated_to(shape, &self.shape).map(Some),
        }
    }

    /// The order of sums of all elements: that of the sums for the first operand that is repeated,
    /// whether or not its gradient is asked for.
    fn common_order(&self) -> Result<Option<StridedLayout>, Error> {
        for value in &self.values {
            let SliceValue::Tensor(_, shape) = value else {
                continue;
            };
            let values: u64 = shape.iter().copied().fold(1, u64::saturating_mul);
            if values > 1 && values < self.elements {
                let layout = StridedLayout::broadcast(shape, &self.shape)?;
                return Ok(layout.filter(|layout| !is_permuted(*layout)));
            }
        }
        Ok(None)
    }

    /// The layout of the gradient of an operand, and the number of its values, or `None` if the
    /// operand is not repeated.
    fn sums_layout(&self, output: &Output) -> Result<Option<(StridedLayout, u64)>, Error> {
        let Some(position) = output.operand else {
            return Ok(None);
        };
        let shape: &[u64] = match self.values[position] {
            SliceValue::Tensor(_, shape) => shape,
            SliceValue::Number(_) => &[],
        };
        let values = shape.iter().copied().fold(1, u64::saturating_mul);
        if values == self.elements {
            return Ok(None);
        }
        if self.elements == 0 {
            let one = StridedLayout::repeated(Repeat::default(), 0);
            return Ok(Some((one, values)));
        }
        let layout = StridedLayout::broadcast(shape, &self.shape)?;
        let layout = layout.unwrap_or(StridedLayout::repeated(Repeat::default(), self.elements));
        Ok(Some((layout, values)))
    }
}

/// Broadcasts a shape together with another one. Returns false if they do not fit.
fn join(shape: &mut Vec<u64>, other: &[u64]) -> bool {
    while shape.len() < other.len() {
        shape.insert(0, 1);
    }
    let missing = shape.len() - other.len();
    shape[missing..].iter_mut().zip(other).all(|(size, &own)| {
        let fits = *size == own || *size == 1 || own == 1;
        if own != 1 {
            *size = own;
        }
        fits
    })
}

#[cfg(test)]
mod tests;
