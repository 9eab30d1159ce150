//! Requests of activations and of gated units, and the checks that need no wgpu.

use std::ops::Range;
use std::sync::Arc;

use super::LearnedParam;
use super::Slice;
use super::dimensions::Dimensions;
use super::learned::Part;
use super::request::{
    Operand, check_overlaps, check_slices, check_training, dimensions, unify_shapes,
};
use super::split::SplitLayout;
use super::strided::{Repeat, StridedLayout};
use super::uniforms::{Divisor, MOST_SCALARS, Uniforms};
use crate::expression::program::Program;
use crate::parameter::MOST_PARAMETERS;
use crate::wgsl::operand::{Layout, MOST_OPERANDS};
use crate::wgsl::{Function, Op};
use crate::{Activation, Error, TrainingMode};

/// A function, an op, and the operands, checked.
pub(super) struct Request<'a> {
    pub(super) function: Function,
    pub(super) op: Op,
    /// The values of the parameters that are not learned.
    pub(super) values: [f32; MOST_PARAMETERS],
    /// The outputs, then the inputs, then the learned parameters.
    pub(super) operands: Vec<Operand<'a>>,
    /// The elements of x; of a split tensor, half of them.
    pub(super) elements: u64,
    /// The part of a tensor that x is.
    pub(super) part: Part,
    /// True if parameters are learned. They are the last operands.
    pub(super) has_learned: bool,
    /// The pattern in which learned parameters are repeated.
    pub(super) repeat: Repeat,
    pub(super) training: Option<TrainingMode>,
    /// The places of values and gates in x, if it holds both.
    pub(super) split: Option<SplitLayout>,
    /// The operands of an expression that are numbers of the host's.
    pub(super) scalars: [f32; MOST_SCALARS],
    /// The function and the operands of each output by itself, of an expression with several.
    pub(super) singly: Vec<(Function, Vec<Operand<'a>>)>,
}

impl<'a> Request<'a> {
    /// A request of an activation. `operands` are the output and the inputs. A binding takes `most`
    /// elements.
    pub(super) fn of_activation(
        activation: Activation,
        op: Op,
        mut operands: Vec<Operand<'a>>,
        learned: &[LearnedParam<'a>],
        part: Option<Part>,
        most: u64,
    ) -> Result<Self, Error> {
        let learned = by_position(activation.checked()?, learned)?;
        check_slices(&operands, true)?;
        unify_shapes(&mut operands)?;
        let x = operands
            .iter()
            .find(|operand| operand.name == "x")
            .map(|operand| operand.slice);
        let elements = x.map_or(0, Slice::elements);
        for input in operands.iter().filter(|operand| !operand.is_output()) {
            Error::check_length(input.argument, input.slice.elements(), elements)?;
        }
        let part = part.unwrap_or(Part {
            first: 0,
            of: elements,
        });
        let (has_learned, mut repeat) = (!learned.is_empty(), None);
        for (name, learned) in learned {
            let parameter = learned.operand(name, elements, part)?;
            operands.push(parameter.joined(&mut repeat, part.of, most));
            if elements > 0 && dimensions(&operands).is_none() {
                return Err(Error::argument(
                    name,
                    "its channels and those of another parameter cut x at different places",
                ));
            }
        }
        check_overlaps(&operands)?;
        let function = Function::Activation(activation.index());
        Ok(Self {
            values: activation.values(),
            part,
            has_learned,
            repeat: repeat.unwrap_or_default(),
            ..Self::new(function, op, operands, elements)
        })
    }

    /// A request of a whole tensor, with neither parameters nor random numbers.
    pub(super) fn new(
        function: Function,
        op: Op,
        operands: Vec<Operand<'a>>,
        elements: u64,
    ) -> Self {
        Self {
            function,
            op,
            values: [0.0; MOST_PARAMETERS],
            operands,
            elements,
            part: Part {
                first: 0,
                of: elements,
            },
            has_learned: false,
            repeat: Repeat::default(),
            training: None,
            split: None,
            scalars: [0.0; MOST_SCALARS],
            singly: Vec::new(),
        }
    }

    /// A request of an expression, of which the operands are to be added.
    pub(super) fn of_expression(program: Arc<Program>, elements: u64) -> Self {
        let operands = Vec::with_capacity(MOST_OPERANDS);
        let training = (!program.dropouts().is_empty()).then(TrainingMode::default);
        Self {
            training,
            ..Self::new(
                Function::Expression(program),
                Op::Evaluate,
                operands,
                elements,
            )
        }
    }

    /// True if the values depend on the places in the result, by random numbers.
    pub(super) fn has_dropout(&self) -> bool {
        matches!(&self.function, Function::Expression(program) if !program.dropouts().is_empty())
    }

    /// The learned parameter of this name, if there is one.
    pub(super) fn learned(&self, name: &str) -> Option<Operand<'a>> {
        let tensors = if self.has_learned {
            self.op.tensors().len()
        } else {
            self.operands.len()
        };
        let mut learned = self.operands[tensors..].iter();
        learned.find(|operand| operand.name == name).copied()
    }

    /// The layout of an operand, seen from x.
    pub(super) fn layout(&self, operand: &Operand<'_>) -> StridedLayout {
        let of = self.part.of;
        match (operand.layout, operand.slice.layout) {
            (_, Some(layout)) => layout,
            (Layout::Repeated, _) if operand.slice.elements() > 1 => {
                StridedLayout::repeated(self.repeat, of)
            }
            (Layout::Repeated, _) => StridedLayout::repeated(Repeat::default(), of),
            _ => StridedLayout::contiguous(of),
        }
    }

    /// The same request, in which operands that repeat elements are strided.
    pub(super) fn without_repeats(mut self) -> Self {
        let of = |operand: &Operand<'a>| match operand.layout {
            Layout::Repeated => Operand {
                slice: Slice {
                    layout: Some(self.layout(operand)),
                    ..operand.slice
                },
                ..operand.laid_out(Layout::Strided)
            },
            _ => *operand,
        };
        self.operands = self.operands.iter().map(of).collect();
        self
    }

    /// The dimensions that the strided operands share, if there are such operands and elements.
    pub(super) fn strided(&self) -> Option<Dimensions> {
        let is_strided = |operand: &Operand<'_>| operand.slice.layout.is_some();
        let any = self.elements > 0 && self.operands.iter().any(is_strided);
        any.then(|| dimensions(&self.operands)).flatten()
    }

    /// The same request in training mode.
    pub(super) fn in_training(self, training: TrainingMode) -> Result<Self, Error> {
        check_training(Some(training))?;
        Ok(Self {
            training: Some(training),
            ..self
        })
    }

    /// True if the parameters are the defaults, and so constants of the kernel.
    pub(super) fn has_defaults(&self) -> bool {
        !self.has_learned && self.function.has_defaults(self.values)
    }

    /// The uniforms of all dispatches from this element on.
    pub(super) fn uniforms(&self, element: u64) -> Uniforms {
        let Repeat { period, inner } = self.repeat;
        Uniforms {
            inner: Divisor::new(inner as u32),
            period: Divisor::new(period as u32),
            first: ((self.part.first + element) % (period * inner)) as u32,
            parameters: self.values,
            scalars: self.scalars,
            ..Uniforms::random(self.training.unwrap_or_default(), element)
        }
    }

    /// The elements that follow each other as values or as gates.
    pub(super) fn run(&self) -> u64 {
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

    pub(super) fn scaled(&self, operand: &Operand<'_>, range: &Range<u64>) -> Range<u64> {
        let factor = self.factor(operand);
        factor * range.start..factor * range.end
    }

    /// The function and the operands of each dispatch over a range: one dispatch, or one for each
    /// output. The second one of a gated unit is the gate's gradient.
    pub(super) fn dispatches(&self, width: u64, most: usize) -> Vec<(Function, Vec<Operand<'a>>)> {
        let (outputs, inputs): (Vec<_>, Vec<_>) = self
            .operands
            .iter()
            .partition(|operand| operand.is_output());
        let fits = self.operands.len() <= most.min(MOST_OPERANDS);
        if outputs.len() == 1 || width == 4 && fits {
            return vec![(self.function.clone(), self.operands.clone())];
        }
        if !self.singly.is_empty() {
            return self.singly.clone();
        }
        let with_inputs = |output: Operand<'a>| {
            let operands = [vec![output.named("output")], inputs.clone()].concat();
            (self.function.clone(), operands)
        };
        outputs.into_iter().map(with_inputs).collect()
    }
}

impl Activation {
    /// Checks that the derivative is a function of the output.
    pub(super) fn told_by_output(self) -> Result<Self, Error> {
        let name = self.info().name;
        if self.info().from_output.is_none() {
            let message = format!(
                "the derivative of {name} is no function of its output: call backward with x, or choose a function \
                 whose `saved` is `either`"
            );
            return Err(Error::argument("activation", message));
        }
        match self.checked()?.untold_parameter() {
            Some((parameter, value, range)) => {
                let (least, most) = (range.start(), range.end());
                let message = format!(
                    "a gradient of {name} from its output takes a number from {least:?} to {most:?}, got {value:?}: \
                     call backward with x"
                );
                Err(Error::argument(parameter, message))
            }
            None => Ok(self),
        }
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
