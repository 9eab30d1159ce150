//! Activations element by element, and gated units: from a request to dispatches.

use std::ops::Range;

use super::chunks::{PAIR, chunks};
use super::dispatch::{Dispatch, MOST_PACKED};
use super::operation::grid;
use super::request::{Operand, check_buffers, check_slices, unify_shapes};
use super::split::SplitLayout;
use super::uniforms::{Divisor, Uniforms};
use super::{Kernels, LearnedParam, Operation, Slice};
use crate::parameter::MOST_PARAMETERS;
use crate::wgsl::operand::Layout;
use crate::wgsl::{Function, Mapping, Op, WORKGROUP};
use crate::{Activation, Dtype, Error, TrainingMode};

/// What a caller asks for, checked.
pub(super) struct Request<'a> {
    pub(super) function: Function,
    pub(super) op: Op,
    /// The values of the parameters that are not learned.
    pub(super) values: [f32; MOST_PARAMETERS],
    /// The outputs, then the inputs, then the learned parameters.
    pub(super) operands: Vec<Operand<'a>>,
    /// The elements of x; of a split tensor, half of them.
    pub(super) elements: u64,
    /// The number of channels, and the elements of x from one channel to the next.
    pub(super) channels: (u64, u64),
    pub(super) training: Option<TrainingMode>,
    /// How x holds values and gates, if it holds both.
    pub(super) split: Option<SplitLayout>,
}

impl<'a> Request<'a> {
    /// A request of an activation. `operands` are the output and the inputs.
    pub(super) fn of_activation(
        activation: Activation,
        op: Op,
        mut operands: Vec<Operand<'a>>,
        learned: &[LearnedParam<'a>],
    ) -> Result<Self, Error> {
        let learned = by_position(activation.checked()?, learned)?;
        check_slices(&operands, true)?;
        unify_shapes(&mut operands)?;
        let parameters = learned.iter().map(|(name, learned)| {
            Operand::input(name, learned.values).laid_out(Layout::PerChannel)
        });
        let parameters: Vec<_> = parameters.collect();
        check_slices(&parameters, false)?;
        operands.extend(parameters);
        check_buffers(&operands)?;
        let x = operands
            .iter()
            .find(|operand| operand.name == "x")
            .map(|operand| operand.slice);
        let elements = x.map_or(0, Slice::elements);
        let inputs = operands
            .iter()
            .filter(|operand| !operand.is_output() && operand.layout != Layout::PerChannel);
        for input in inputs {
            Error::check_length(input.argument, input.slice.elements(), elements)?;
        }
        let mut channels = None;
        for (name, learned) in learned {
            learned.check(name, elements)?;
            if learned.turn() > 1 {
                let own = (learned.values.elements(), learned.inner);
                let first = *channels.get_or_insert(own);
                if own != first {
                    return Err(Error::learned_length(name, own.0, first.0));
                }
            }
        }
        Ok(Self {
            function: Function::Activation(activation.index()),
            op,
            values: activation.values(),
            operands,
            elements,
            channels: channels.unwrap_or((1, 1)),
            training: None,
            split: None,
        })
    }

    /// The same request in training mode.
    pub(super) fn in_training(self, training: TrainingMode) -> Result<Self, Error> {
        if !(0.0..=1.0).contains(&training.dropout) {
            let message = format!("it must be from 0 to 1, got {:?}", training.dropout);
            return Err(Error::argument("dropout", message));
        }
        Ok(Self {
            training: Some(training),
            ..self
        })
    }

    /// Whether the parameters are the defaults, and so constants of the kernel.
    pub(super) fn has_defaults(&self) -> bool {
        let is_learned = self
            .operands
            .iter()
            .any(|operand| operand.layout == Layout::PerChannel);
        !is_learned && self.function.has_defaults(self.values)
    }

    /// The uniforms of all dispatches from this element on.
    pub(super) fn uniforms(&self, element: u64) -> Uniforms {
        let (channels, inner) = self.channels;
        let training = self.training.unwrap_or_default();
        let position = training.offset.wrapping_add(element);
        let words = |word: u64| [word as u32, (word >> 32) as u32];
        Uniforms {
            inner: Divisor::new(inner as u32),
            channels: Divisor::new(channels as u32),
            first: (element % (channels * inner)) as u32,
            seed: words(training.seed),
            counter: words(position / 4),
            phase: (position % 4) as u32,
            dropped_below: training.dropped_below(),
            keep_scale: training.keep_scale(),
            parameters: self.values,
            ..Uniforms::default()
        }
    }

    /// The elements that follow each other as values or as gates.
    fn run(&self) -> u64 {
        self.split.map_or(1, |split| split.run)
    }

    /// The elements of an operand for each element of the result: two in a split tensor and in its
    /// gradient.
    pub(super) fn factor(&self, operand: &Operand<'_>) -> u64 {
        let is_split =
            operand.name == "x" || self.op == Op::GluSplitBackward && operand.is_output();
        if self.split.is_some() && is_split {
            2
        } else {
            1
        }
    }

    fn scaled(&self, operand: &Operand<'_>, range: &Range<u64>) -> Range<u64> {
        let factor = self.factor(operand);
        factor * range.start..factor * range.end
    }

    /// The operands of each dispatch over a range: one dispatch, or one for each gradient of a
    /// gated unit. The second one is the gate's.
    fn dispatches(&self, width: u64, takes_both: bool) -> Vec<Vec<Operand<'a>>> {
        let (outputs, inputs): (Vec<_>, Vec<_>) = self
            .operands
            .iter()
            .partition(|operand| operand.is_output());
        if outputs.len() == 1 || width == 4 && takes_both {
            return vec![self.operands.clone()];
        }
        let with_inputs =
            |output: Operand<'a>| [vec![output.named("output")], inputs.clone()].concat();
        outputs.into_iter().map(with_inputs).collect()
    }
}

impl Kernels {
    /// Computes each element of the output from those of the inputs.
    ///
    /// Slices that are aligned to vectors go by pairs of vectors up to the last whole block. The
    /// rest, slices that are not aligned, and on GPUs short ones go by elements. No element outside
    /// of a slice is touched.
    pub(super) fn elementwise(&self, request: &Request<'_>) -> Result<Operation, Error> {
        let outputs = request
            .operands
            .iter()
            .filter(|operand| operand.is_output());
        for output in outputs {
            let expected = request.factor(output) * request.elements;
            Error::check_length(output.argument, output.slice.elements(), expected)?;
        }
        let most = self.most_elements(request)?;
        let by_vectors = self.goes_by_vectors(request, most);
        let has_defaults = request.has_defaults();
        let mut dispatches = Vec::new();
        for chunk in chunks(request.elements, by_vectors, most, self.pairing) {
            let (width, range) = (chunk.width, chunk.range);
            let groups = request.dispatches(width, self.takes_both_gradients());
            for (operands, output_is_gates) in groups.into_iter().zip(0..) {
                let gate = request
                    .split
                    .map_or(output_is_gates, |split| split.is_gate_first.into());
                // Without vectors each element of a split gradient has a thread.
                let of_threads = if width == 1 {
                    request.scaled(&operands[0], &range)
                } else {
                    range.clone()
                };
                let operands: Vec<_> = operands
                    .into_iter()
                    .map(|operand| Operand {
                        unit: if operand.is_tensor() { width } else { 1 },
                        ..operand.part(&request.scaled(&operand, &range))
                    })
                    .collect();
                let run = Divisor::new((request.run() / width).max(1) as u32);
                let uniforms = Uniforms {
                    run,
                    gate,
                    ..request.uniforms(range.start)
                };
                let (workgroups, uniforms) =
                    self.threads(&of_threads, width, operands[0].slice, uniforms);
                dispatches.extend(self.dispatch(Dispatch {
                    function: request.function,
                    op: request.op,
                    mapping: if width == 4 {
                        Mapping::Vectors
                    } else {
                        Mapping::Elements
                    },
                    has_defaults,
                    operands,
                    uniforms,
                    start: range.start,
                    workgroups,
                })?);
            }
        }
        Ok(Operation { dispatches })
    }

    /// The most elements that one dispatch computes.
    fn most_elements(&self, request: &Request<'_>) -> Result<u64, Error> {
        let mut most = self.elements_in_binding();
        if request.split.is_some() && request.elements > 0 {
            // Whole runs, of which x has twice as many.
            let (run, x) = (
                request.run(),
                request.operands.iter().find(|operand| operand.name == "x"),
            );
            let dtype = x.map_or(Dtype::F32, |x| x.slice.dtype);
            self.check_reach("x", 2 * run, dtype)?;
            return Ok(most / 2 / run * run);
        }
        let packed = self
            .first_packed(&request.operands)
            .map(|first| &request.operands[first..]);
        if packed.is_some_and(|packed| packed.iter().any(Operand::is_tensor)) {
            // The parameters share the tensor's binding.
            let parameters = request
                .operands
                .iter()
                .filter(|operand| !operand.is_tensor());
            let of_parameters: u64 = parameters.map(|parameter| parameter.slice.elements()).sum();
            most = most.saturating_sub(of_parameters).min(MOST_PACKED);
        }
        Ok(most / 4 * 4)
    }

    fn goes_by_vectors(&self, request: &Request<'_>, most: u64) -> bool {
        let elements = request.elements;
        // The four elements of a vector share one call of the random number generator.
        let in_phase = request
            .training
            .is_none_or(|training| training.offset.is_multiple_of(4));
        let mut tensors = request
            .operands
            .iter()
            .filter(|operand| operand.is_tensor());
        // Vectors lie within runs, and chunks of whole runs are made of whole blocks.
        let is_whole = |count: u64| count.is_multiple_of(self.pairing.block());
        let fits_runs = request.split.is_none()
            || request.run().is_multiple_of(4)
                && is_whole(elements)
                && (elements <= most || is_whole(most));
        in_phase
            && fits_runs
            && self.pairing.pays_off(elements)
            && tensors.all(|operand| operand.slice.is_aligned())
    }

    /// The workgroups that compute a range of an output, and the uniforms that tell them so.
    pub(super) fn threads(
        &self,
        range: &Range<u64>,
        width: u64,
        output: Slice<'_>,
        uniforms: Uniforms,
    ) -> ((u32, u32), Uniforms) {
        let elements = range.end - range.start;
        let count = match output.dtype {
            _ if width == 4 => elements / PAIR,
            Dtype::F32 => elements,
            // Words of two elements. The first word may begin with an element outside of the slice.
            half => (output.offset / half.size() % 2 + elements).div_ceil(2),
        };
        let count = count as u32;
        let limit = self.limits.max_compute_workgroups_per_dimension;
        let workgroups = grid(count.div_ceil(WORKGROUP), limit);
        let (row_width, pairing) = (workgroups.0 * WORKGROUP, self.pairing.uniform(count));
        (
            workgroups,
            Uniforms {
                count,
                elements: elements as u32,
                row_width,
                pairing,
                ..uniforms
            },
        )
    }

    /// Whether one dispatch can write the gradients of value and gate: it needs five bindings.
    pub(super) fn takes_both_gradients(&self) -> bool {
        self.limits.max_storage_buffers_per_shader_stage >= 5
    }
}

/// The learned parameters with their names, in the order of the list.
fn by_position<'a>(
    activation: Activation,
    learned: &[LearnedParam<'a>],
) -> Result<Vec<(&'static str, LearnedParam<'a>)>, Error> {
    let mut positions = [None; MOST_PARAMETERS];
    let parameters = activation.info().parameters;
    for learned in learned {
        let position = match learned.parameter {
            Some(name) => position(activation, name)?,
            None => activation
                .first_learnable()
                .ok_or_else(|| not_learned(activation, "learned"))?,
        };
        if positions[position].replace(*learned).is_some() {
            return Err(Error::argument(
                parameters[position].name,
                "it is given twice",
            ));
        }
    }
    let named = parameters.iter().zip(positions);
    Ok(named
        .filter_map(|(parameter, learned)| Some((parameter.name, learned?)))
        .collect())
}

/// The position of a parameter that can be learned.
pub(super) fn position(activation: Activation, parameter: &str) -> Result<usize, Error> {
    activation
        .learnable(parameter)
        .ok_or_else(|| not_learned(activation, parameter))
}

fn not_learned(activation: Activation, parameter: &str) -> Error {
    let (info, activation) = (activation.info(), activation.info().name);
    let learnable = info
        .parameters
        .iter()
        .filter(|parameter| parameter.is_learnable());
    let names: Vec<_> = learnable.map(|parameter| parameter.name).collect();
    let message = match names.as_slice() {
        [] => format!("{activation} has no parameter that can be learned"),
        names => format!("{activation} can learn {}", names.join(", ")),
    };
    Error::argument(parameter.to_owned(), message)
}
