//! From an activation to the text of a WGSL module. No GPU in here: the text is put together from the files in
//! `shaders/`, with one line of glue that calls the activation's function. [`functions()`] and [`Activation::wgsl`] give the functions
//! alone, for kernels of others.

mod export;
mod glue;
mod linker;
pub(crate) mod rows;
pub(crate) mod storage;
mod vectorize;

pub use export::functions;
use linker::Library;
use storage::{
    GRAD_GATE, OUTPUT, READ_GATE, READ_GRAD_OUTPUT, READ_TANGENT, READ_VALUE, READ_X, Read,
    Storages, X,
};
use vectorize::vectorize;

use crate::activation::{MOST_PARAMETERS, Parameter, glu};
use crate::{Activation, Dtype, Glu};

/// The functions that the activations are built from.
pub(crate) const MATH: &str = concat!(
    include_str!("../../shaders/math.wgsl"),
    include_str!("../../shaders/math/logistic.wgsl"),
    include_str!("../../shaders/math/pairs.wgsl"),
    include_str!("../../shaders/math/pieces.wgsl"),
    include_str!("../../shaders/math/roots.wgsl"),
    include_str!("../../shaders/math/waves.wgsl"),
);

const CALL: &str = include_str!("../../shaders/kernels/call.wgsl");
const CHANNELS: &str = include_str!("../../shaders/kernels/channels.wgsl");
const VECTORS: &str = include_str!("../../shaders/kernels/vectors.wgsl");
const VECTORS_OF_BOTH: &str = include_str!("../../shaders/kernels/vectors_of_both.wgsl");
const VECTORS_OF_SPLIT: &str = include_str!("../../shaders/kernels/vectors_of_split.wgsl");
const ELEMENTS: &str = include_str!("../../shaders/kernels/elements.wgsl");
const HALVES: &str = include_str!("../../shaders/kernels/halves.wgsl");
const PAIRWISE: &str = include_str!("../../shaders/kernels/pairwise.wgsl");

/// The files of `shaders/kernels/` with these names.
macro_rules! files {
    ($($name:literal)*) => { &[$(include_str!(concat!("../../shaders/kernels/", $name, ".wgsl"))),*] };
}

/// The constant that `math.wgsl` asks whether parameters are constants.
pub(crate) fn parameters_are_constant(are_constant: bool) -> &'static str {
    if are_constant {
        "const PARAMETERS_ARE_CONSTANT: bool = true;\n"
    } else {
        "const PARAMETERS_ARE_CONSTANT: bool = false;\n"
    }
}

/// Terms that one workgroup of a reduction adds, as in `pairwise.wgsl`.
pub(crate) const TERMS: u32 = 8 * WORKGROUP;

/// Invocations in a workgroup: the most that every device takes.
pub(crate) const WORKGROUP: u32 = 256;

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Pass {
    Forward,
    Backward,
    /// The gradient with respect to x of what `Backward` computes.
    DoubleBackward,
    /// The gradient with respect to the parameter at this position.
    BackwardParameter(usize),
    /// The later dispatches of a reduction.
    Sum,
    Glu,
    /// Of one tensor that holds values and gates.
    GatedSplit,
    GatedBackward,
    GatedSplitBackward,
    ForwardTraining,
    BackwardTraining,
}

impl Pass {
    /// For labels.
    fn name(self) -> &'static str {
        match self {
            Pass::Forward => "forward",
            Pass::Backward => "backward",
            Pass::DoubleBackward => "double_backward",
            Pass::BackwardParameter(_) => "backward_parameter",
            Pass::Sum => "sum",
            Pass::Glu => "gated",
            Pass::GatedSplit => "glu_split",
            Pass::GatedBackward => "glu_backward",
            Pass::GatedSplitBackward => "glu_split_backward",
            Pass::ForwardTraining => "forward_training",
            Pass::BackwardTraining => "backward_training",
        }
    }

    /// The files that say what is computed.
    fn files(self) -> &'static [&'static str] {
        match self {
            Pass::Forward => files!["forward"],
            Pass::Backward => files!["backward"],
            Pass::DoubleBackward => files!["double_backward"],
            Pass::BackwardParameter(_) => files!["backward_parameter"],
            Pass::Sum => files!["sum"],
            Pass::Glu => files!["glu"],
            Pass::GatedSplit => files!["runs" "glu_split"],
            Pass::GatedBackward => files!["glu_gradients" "glu_backward"],
            Pass::GatedSplitBackward => files!["runs" "glu_gradients" "glu_split_backward"],
            Pass::ForwardTraining => files!["philox" "forward_training"],
            Pass::BackwardTraining => files!["philox" "backward_training"],
        }
    }

    /// The tensors that are read.
    fn reads(self) -> &'static [Read] {
        match self {
            Pass::Forward | Pass::ForwardTraining | Pass::Sum => &[READ_X],
            Pass::Backward | Pass::BackwardTraining | Pass::BackwardParameter(_) => {
                &[READ_X, READ_GRAD_OUTPUT]
            }
            Pass::DoubleBackward => &[READ_X, READ_GRAD_OUTPUT, READ_TANGENT],
            Pass::Glu => &[READ_VALUE, READ_GATE],
            Pass::GatedSplit => &[READ_VALUE],
            Pass::GatedBackward => &[READ_VALUE, READ_GATE, READ_GRAD_OUTPUT],
            Pass::GatedSplitBackward => &[READ_VALUE, READ_GRAD_OUTPUT],
        }
    }

    /// Whether its results are sums.
    fn reduces(self) -> bool {
        matches!(self, Pass::BackwardParameter(_) | Pass::Sum)
    }
}

/// Which parameters come from a buffer, by their positions; the others are in the uniform.
pub(crate) type IsLearned = [bool; MOST_PARAMETERS];

/// A module: what tells its compiled kernels from others. Of values of parameters, only that they are the defaults is part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Module {
    pub(crate) function: Function,
    pub(crate) pass: Pass,
    pub(crate) is_learned: IsLearned,
    /// Whether parameters have their defaults: constants, so that compilers work out what comes of them.
    pub(crate) has_defaults: bool,
    pub(crate) storages: Storages,
    /// Whether the last tensor that is read is the one that is written.
    pub(crate) in_place: bool,
}

/// What a module has kernels for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    /// By its position in the list.
    Activation(usize),
    SwigluOai,
}

impl Function {
    fn name(self) -> &'static str {
        match self {
            Function::Activation(index) => Activation::list()[index].name,
            Function::SwigluOai => "swiglu_oai",
        }
    }

    fn parameters(self) -> &'static [Parameter] {
        match self {
            Function::Activation(index) => Activation::list()[index].parameters,
            Function::SwigluOai => &glu::PARAMETERS,
        }
    }
}

impl Module {
    pub(crate) fn new(activation: Activation, pass: Pass) -> Self {
        Self::of(
            Function::Activation(activation.index()),
            activation.values(),
            pass,
        )
    }

    pub(crate) fn of_gated(gated: Glu, pass: Pass) -> Self {
        match gated {
            Glu::With(activation) => Self::new(activation, pass),
            Glu::SwigluOai { .. } => Self::of(Function::SwigluOai, gated.values(), pass),
        }
    }

    fn of(function: Function, values: [f32; MOST_PARAMETERS], pass: Pass) -> Self {
        let has_defaults = Parameter::are_defaults(function.parameters(), values);
        let (is_learned, storages) = (IsLearned::default(), Storages::default());
        Self {
            function,
            pass,
            is_learned,
            has_defaults,
            storages,
            in_place: false,
        }
    }

    /// The same with these parameters from buffers, and the others from the uniform.
    pub(crate) fn learning(self, is_learned: IsLearned) -> Self {
        let has_defaults = self.has_defaults && is_learned == IsLearned::default();
        Self {
            is_learned,
            has_defaults,
            ..self
        }
    }

    /// For contiguous tensors of this type; sums are f32.
    pub(crate) fn stored_as(mut self, dtype: Dtype) -> Self {
        self.storages = Storages::default();
        for read in self.pass.reads() {
            self.storages[read.binding as usize].dtype = dtype;
        }
        self.storages[OUTPUT as usize].dtype = if self.pass.reduces() {
            Dtype::F32
        } else {
            dtype
        };
        self
    }

    /// The same, for both gradients at once.
    pub(crate) fn and_grad_gate_as(mut self, dtype: Dtype) -> Self {
        self.storages[GRAD_GATE as usize].dtype = dtype;
        self
    }

    /// The label of everything that belongs to it.
    pub(crate) fn label(self) -> String {
        let [x, output] = [X, OUTPUT].map(|binding| self.storages[binding as usize].dtype);
        let dtype = if x == output || self.in_place {
            output.to_string()
        } else {
            format!("{x} to {output}")
        };
        format!(
            "wgpu-activations {} {} {dtype}",
            self.function.name(),
            self.pass.name()
        )
    }

    /// The text of one of its entry points.
    pub(crate) fn text(self, entry_point: &str) -> String {
        let constants = format!("const WORKGROUP = {WORKGROUP}u;\nconst TERMS = {TERMS}u;");
        let (shader, glue) = self.shader();
        let [bindings, learned] = self.learned();
        let is_constant = parameters_are_constant(self.has_defaults);
        let mut numbers = vec![is_constant, MATH, shader, CHANNELS, &glue, &*learned];
        numbers.extend(self.pass.files());
        let mut entry_points = self.entry_points().into_iter();
        let entry_point = entry_points
            .find(|(name, _)| *name == entry_point)
            .map_or("", |(_, file)| file);
        let vec4s = vectorize(
            &Library::new(numbers.iter().copied()),
            &[&self.pass.files().concat(), entry_point].concat(),
        )
        .unwrap_or_default();
        let source = Library::new(numbers.into_iter().chain([&*vec4s]));
        source.link(&[&constants, CALL, &bindings, &self.tensors(), entry_point].join("\n"))
    }

    /// The tensors, and the functions that read and write them.
    fn tensors(&self) -> String {
        let mut text = storage::conversions(self.storages.iter().map(|storage| storage.dtype));
        text += storage::views(&self.storages);
        text += &storage::gathered(&self.storages);
        text += &storage::writes("output", OUTPUT, &self.storages);
        if self.pass == Pass::GatedBackward {
            text += &storage::writes("grad_gate", GRAD_GATE, &self.storages);
        }
        let reads = self.pass.reads();
        for (position, &read) in reads.iter().enumerate() {
            text += &storage::reads(
                read,
                &self.storages,
                self.in_place && position + 1 == reads.len(),
            );
        }
        if !matches!(self.pass, Pass::GatedSplit | Pass::GatedSplitBackward) {
            text += &storage::inputs(reads);
        }
        text
    }

    /// The names of its entry points, and the files that they are in.
    pub(crate) fn entry_points(&self) -> Vec<(&'static str, &'static str)> {
        let output = self.storages[OUTPUT as usize].dtype;
        let elements = (
            "elements",
            if output == Dtype::F32 {
                ELEMENTS
            } else {
                HALVES
            },
        );
        match self.pass {
            pass if pass.reduces() => vec![("blocks", PAIRWISE)],
            Pass::GatedBackward => vec![
                ("vectors", VECTORS),
                ("vectors_of_both", VECTORS_OF_BOTH),
                elements,
            ],
            Pass::GatedSplitBackward => vec![("vectors", VECTORS_OF_SPLIT), elements],
            _ => vec![("vectors", VECTORS), elements],
        }
    }

    /// The bindings of learned parameters, and the functions that read them.
    fn learned(&self) -> [String; 2] {
        let Function::Activation(index) = self.function else {
            return Default::default();
        };
        let parameters = Activation::list()[index].parameters.iter().enumerate();
        let learned = parameters.filter(|&(position, _)| self.is_learned[position]);
        learned.fold(
            Default::default(),
            |[bindings, functions], (position, parameter)| {
                let [binding, function] =
                    storage::learned(parameter.name, position, &self.storages);
                [bindings + &binding, functions + &function]
            },
        )
    }
}

#[cfg(test)]
mod tests;
