//! Gradients with respect to a parameter: a small expression, whose values are summed over the
//! elements that share a value of the parameter.

use std::sync::Arc;

use super::elementwise_request::Request;
use super::request::Operand;
use super::strided::{Repeat, StridedLayout};
use super::sums::Target;
use super::sums_threads::MOST_IN_RUN;
use super::{Kernels, Operation};
use crate::expression::graph::{Derivative, Graph, ScalarFunction};
use crate::expression::program::Program;
use crate::wgsl::expression::{INPUTS, OUTPUTS};
use crate::wgsl::operand::{Access, Layout, Slot};
use crate::wgsl::{Driver, Function, KernelKey, Mapping, Op, SumsKept};
use crate::{Activation, Dtype, Error, Parameter};

impl Kernels {
    /// Adds the terms of each value of the parameter at this position. The requests have x and
    /// `grad_output` of parts of one tensor that lie in buffers of their own.
    pub(super) fn parameter_gradient(
        &self,
        activation: Activation,
        position: usize,
        parts: Vec<Request<'_>>,
    ) -> Result<Operation, Error> {
        let Some(first) = parts.first() else {
            return Ok(Operation { dispatches: vec![] });
        };
        let output = first.operands[0];
        let elements: u64 = parts.iter().map(|part| part.elements).sum();
        let name = activation.info().parameters[position].name;
        let learned = first.learned(name);
        let is_whole = learned.is_some_and(|learned| learned.is_tensor());
        let values = match learned {
            Some(_) if is_whole => elements,
            Some(learned) => learned.slice.capacity(),
            None => 1,
        };
        output.slice.check_f32(output.argument)?;
        Error::check_length(output.argument, output.slice.elements(), values)?;
        let layout = match &learned {
            Some(learned) if elements > 0 => first.layout(learned),
            _ => StridedLayout::repeated(Repeat::default(), elements),
        };
        let parts = parts.into_iter();
        let mut parts = parts.map(|part| of_parameter(activation, position, part));
        let dispatches = if is_whole && elements > 0 {
            let (mut dispatches, mut first) = (Vec::new(), 0);
            for mut part in parts {
                let range = first..first + part.elements;
                first = range.end;
                part.operands.insert(0, output.part(&range));
                dispatches.extend(self.elementwise(&part)?.dispatches);
            }
            dispatches
        } else {
            let target = Target {
                output,
                layout,
                order: layout,
            };
            self.sums(parts.by_ref().collect(), &[target])?
        };
        Ok(Operation { dispatches })
    }
}

/// The derivative by the parameter at this position, times `grad_output`; and the names of the
/// operands. The parameters are operands, unless all are the defaults.
fn program(activation: Activation, position: usize, has_defaults: bool) -> (Program, Graph) {
    let mut graph = Graph::default();
    let mut arguments = vec![graph.operand("x")];
    for parameter in activation.info().parameters {
        arguments.push(match has_defaults {
            true => graph.number(parameter.default),
            false => graph.operand(parameter.name),
        });
    }
    let of_list = ScalarFunction::Activation {
        index: activation.index(),
        derivative: Derivative::Parameter(position),
    };
    let derivative = graph.call(of_list, &arguments);
    let grad_output = graph.operand("grad_output");
    let gradient = graph.call(ScalarFunction::Scaled, &[derivative, grad_output]);
    (Program::new(&graph, &[gradient]), graph)
}

/// The kernels of the gradient of a parameter that is a number, for contiguous tensors.
pub(super) fn kernels(activation: Activation, position: usize, dtype: Dtype) -> [KernelKey; 5] {
    let has_defaults = Parameter::are_defaults(activation.info().parameters, activation.values());
    let (program, graph) = program(activation, position, has_defaults);
    let is_tensor =
        |operand: &usize| matches!(graph.operands()[*operand].as_str(), "x" | "grad_output");
    let slot = |name, dtype, access| Slot::new(name, dtype, Layout::Contiguous, access);
    let output = slot(OUTPUTS[0], Dtype::F32, Access::Write);
    let inputs = INPUTS.iter().zip(program.operands());
    let inputs = inputs.filter(|(_, operand)| is_tensor(operand));
    let inputs: Vec<_> = inputs
        .map(|(name, _)| slot(name, dtype, Access::Read))
        .collect();
    let function = Function::Expression(Arc::new(program));
    let sums = |width, steps| KernelKey {
        function: function.clone(),
        op: Op::Evaluate,
        mapping: Mapping::Sums {
            width,
            sums: SumsKept { count: 1, apart: 0 },
            shares_repeated: true,
            steps,
        },
        has_defaults,
        driver: Driver::default(),
        operands: [output].into_iter().chain(inputs.iter().copied()).collect(),
    };
    let steps = MOST_IN_RUN as u32;
    [
        sums(4, steps),
        sums(4, 0),
        sums(1, steps),
        sums(1, 0),
        KernelKey::fold(1),
    ]
}

/// The request of the derivative by a parameter times `grad_output`, without an output.
fn of_parameter<'a>(activation: Activation, position: usize, request: Request<'a>) -> Request<'a> {
    let parameters = activation.info().parameters;
    let (program, graph) = program(activation, position, request.has_defaults());
    let (mut operands, mut scalars) = (Vec::new(), Vec::new());
    for (name, &operand) in INPUTS.iter().zip(program.operands()) {
        let given = &graph.operands()[operand];
        let mut inputs = request.operands.iter().skip(1);
        match inputs.find(|input| input.name == given) {
            Some(input) => operands.push(Operand { name, ..*input }),
            None => scalars.extend(
                parameters
                    .iter()
                    .zip(request.values)
                    .filter(|(parameter, _)| parameter.name == given)
                    .map(|(_, value)| value),
            ),
        }
    }
    let mut request = Request {
        function: Function::Expression(Arc::new(program)),
        op: Op::Evaluate,
        operands,
        has_learned: false,
        ..request
    };
    request.scalars[..scalars.len()].copy_from_slice(&scalars);
    request
}
