//! The functions of the language that are not rows of the list of activations.

/// A function with its arguments.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) kind: FunctionOf,
    /// The name, and other names.
    pub(super) names: &'static [&'static str],
    pub(super) arguments: &'static [&'static str],
    /// The number of arguments that must be given.
    pub(super) required: usize,
    /// The function as errors show it.
    pub(super) signature: &'static str,
}

/// What a function computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FunctionOf {
    Max,
    Min,
    Clamp,
    Select,
    StopGradient,
    Dropout,
    Gate,
    Scaled,
    MaxDerivative,
}

pub(super) const FUNCTIONS: [Function; 9] = [
    Function {
        kind: FunctionOf::Max,
        names: &["max", "maximum"],
        arguments: &["a", "b"],
        required: 2,
        signature: "max(a, b, …)",
    },
    Function {
        kind: FunctionOf::Min,
        names: &["min", "minimum"],
        arguments: &["a", "b"],
        required: 2,
        signature: "min(a, b, …)",
    },
    Function {
        kind: FunctionOf::Clamp,
        names: &["clamp"],
        arguments: &["x", "min", "max"],
        required: 1,
        signature: "clamp(x, min, max)",
    },
    Function {
        kind: FunctionOf::Select,
        names: &["select", "where"],
        arguments: &["condition", "a", "b"],
        required: 3,
        signature: "select(condition, a, b)",
    },
    Function {
        kind: FunctionOf::StopGradient,
        names: &["stop_gradient", "detach"],
        arguments: &["a"],
        required: 1,
        signature: "stop_gradient(a)",
    },
    Function {
        kind: FunctionOf::Dropout,
        names: &["dropout"],
        arguments: &["a", "p", "call"],
        required: 1,
        signature: "dropout(a, p=0.5)",
    },
    Function {
        kind: FunctionOf::Gate,
        names: &["gate"],
        arguments: &["value", "activation"],
        required: 2,
        signature: "gate(value, activation)",
    },
    Function {
        kind: FunctionOf::Scaled,
        names: &["scaled"],
        arguments: &["derivative", "gradient"],
        required: 2,
        signature: "scaled(derivative, gradient)",
    },
    Function {
        kind: FunctionOf::MaxDerivative,
        names: &["max_derivative"],
        arguments: &["a", "b"],
        required: 2,
        signature: "max_derivative(a, b)",
    },
];

impl Function {
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        FUNCTIONS
            .iter()
            .find(|function| function.names.contains(&name))
    }

    /// Whether further arguments may follow the last one.
    pub(super) fn takes_more(&self) -> bool {
        matches!(self.kind, FunctionOf::Max | FunctionOf::Min)
    }
}
