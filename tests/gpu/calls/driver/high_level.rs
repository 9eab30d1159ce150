//! Calls of `Gpu`, on tensors that earlier calls have made.

use wgpu_activations::{
    AxisFunction, AxisInput, Error, Expression, GluLayout, Operands, Saved, Tensor, TensorArgs,
    Value,
};

use super::choices::Choices;
use super::predicted::Predicted;
use super::values;
use super::world::World;

/// The most tensors that are alive at once.
const MOST: usize = 12;

#[derive(Default)]
pub struct Tensors {
    ours: Vec<Tensor>,
    theirs: Vec<Tensor>,
}

const SHAPES: [&[usize]; 12] = [
    &[],
    &[1],
    &[4],
    &[3],
    &[2, 3],
    &[2, 3],
    &[4, 6],
    &[2, 3, 4],
    &[1, 40],
    &[0],
    &[2, 0, 3],
    &[usize::MAX, 0],
];

impl Tensors {
    /// A tensor of ours, or rarely one of the other device, and whether it is one of those.
    fn pick(&self, choices: &mut Choices<'_>) -> (&Tensor, bool) {
        if choices.once_in(24) && !self.theirs.is_empty() {
            return (&self.theirs[choices.below(self.theirs.len())], true);
        }
        (&self.ours[choices.below(self.ours.len())], false)
    }

    /// A tensor of the shape of another, if there is one.
    fn pick_like(&self, x: &Tensor, choices: &mut Choices<'_>) -> (&Tensor, bool) {
        let (any, is_theirs) = self.pick(choices);
        if choices.once_in(8) {
            return (any, is_theirs);
        }
        self.ours
            .iter()
            .rev()
            .find(|tensor| tensor.shape() == x.shape())
            .map_or((any, is_theirs), |like| (like, false))
    }
}

/// A tensor to which a gradient of this name and shape is added, of a call with these arguments, or
/// none if it is to be new. Then its shape is wanted.
fn into<'a>(
    tensors: &'a Tensors,
    choices: &mut Choices<'_>,
    predicted: &mut Predicted,
    wanted: &mut Vec<Vec<usize>>,
    (name, shape): (&str, &[usize]),
    arguments: &[&Tensor],
) -> Option<&'a Tensor> {
    if !choices.once_in(3) {
        wanted.push(shape.to_vec());
        return None;
    }
    let (mut into, mut is_theirs) = tensors.pick(choices);
    let fits = |tensor: &&Tensor| tensor.shape() == shape;
    if let Some(like) = tensors.ours.iter().find(fits)
        && !choices.once_in(8)
    {
        (into, is_theirs) = (like, false);
    }
    let is_argument = arguments
        .iter()
        .any(|argument| std::ptr::eq(*argument, into));
    predicted.wrong_if(is_theirs || into.shape() != shape, name);
    predicted.wrong_if(is_argument && into.len() > 0, name);
    // It may be a gradient that is the grad_output of its call.
    predicted.perhaps_wrong(name);
    Some(into)
}

/// Nothing new, if gradients were added.
fn none(added: Result<(), Error>) -> Result<Vec<Tensor>, Error> {
    added.map(|()| vec![])
}

/// The elements of a shape.
fn elements(shape: &[usize]) -> u128 {
    shape.iter().fold(1, |product: u128, &dimension| {
        product.saturating_mul(dimension as u128)
    })
}

/// True if a shape broadcasts to another one.
fn broadcasts(shape: &[usize], to: &[usize]) -> bool {
    let sizes = shape.iter().rev().zip(to.iter().rev());
    let mut sizes = sizes.map(|(&own, &size)| own == size || own == 1);
    shape.len() <= to.len() && sizes.all(|fits| fits)
}

/// The position of an axis, if there is one.
fn position(axis: isize, dimensions: usize) -> Option<usize> {
    let from_start = if axis < 0 {
        axis.checked_add(dimensions as isize)?
    } else {
        axis
    };
    usize::try_from(from_start)
        .ok()
        .filter(|&position| position < dimensions)
}

/// Makes a call and checks the prediction. Its tensors stay for a while.
pub fn call(world: &World, tensors: &mut Tensors, choices: &mut Choices<'_>) -> bool {
    let gpu = &world.gpu;
    if tensors.ours.len() < 3 {
        tensors.ours.extend([[2, 3], [2, 3], [4, 6]].map(|shape| {
            let values: Vec<f32> = (0..shape[0] * shape[1]).map(|i| i as f32 - 3.0).collect();
            gpu.upload(&values, shape).expect("a tensor")
        }));
        tensors
            .theirs
            .push(world.other.upload(&[0.0; 6], [2, 3]).expect("a tensor"));
    }
    while tensors.ours.len() > MOST {
        let position = choices.below(tensors.ours.len());
        tensors.ours.swap_remove(position);
    }
    let mut predicted = Predicted::default();
    let mut wanted: Vec<Vec<usize>> = Vec::new();
    let (name, got) = match choices.below(14) {
        0 | 1 => upload(world, choices, &mut predicted, &mut wanted),
        2 => return read(world, tensors, choices),
        3..8 => elementwise(world, tensors, choices, &mut predicted, &mut wanted),
        8 | 9 => glu(world, tensors, choices, &mut predicted, &mut wanted),
        10 | 11 => expression(world, tensors, choices, &mut predicted, &mut wanted),
        _ => along_axis(world, tensors, choices, &mut predicted, &mut wanted),
    };
    world.is_quiet();
    let Some(made) = predicted.check(&name, got) else {
        return false;
    };
    assert!(
        made.iter().map(Tensor::shape).eq(wanted),
        "{name}: other shapes"
    );
    tensors.ours.extend(made);
    true
}

type Got = (String, Result<Vec<Tensor>, Error>);

fn one(tensor: Result<Tensor, Error>) -> Result<Vec<Tensor>, Error> {
    tensor.map(|tensor| vec![tensor])
}

fn upload(
    world: &World,
    choices: &mut Choices<'_>,
    predicted: &mut Predicted,
    wanted: &mut Vec<Vec<usize>>,
) -> Got {
    let shape = if choices.once_in(16) {
        &[usize::MAX / 2, 3][..]
    } else {
        choices.of(&SHAPES)
    };
    predicted.wrong_if(elements(shape) > u128::from(u64::MAX) / 8, "shape");
    let count = elements(shape).min(100) as usize + usize::from(choices.once_in(12));
    predicted.wrong_if(count as u128 != elements(shape), "values");
    let values: Vec<f32> = (0..count)
        .map(|_| f32::from(choices.byte()) / 32.0 - 4.0)
        .collect();
    wanted.push(shape.to_vec());
    (
        format!("upload of {count} values, {shape:?}"),
        one(world.gpu.upload(&values, shape)),
    )
}

fn read(world: &World, tensors: &Tensors, choices: &mut Choices<'_>) -> bool {
    let mut predicted = Predicted::default();
    let picked = [0; 3].map(|_| tensors.pick(choices));
    predicted.wrong_if(picked.iter().any(|(_, is_theirs)| *is_theirs), "tensors");
    let asked = picked.map(|(tensor, _)| tensor);
    let got = if choices.once_in(2) {
        world.gpu.read_blocking(asked)
    } else {
        pollster::block_on(world.gpu.read(asked))
    };
    world.is_quiet();
    let Some(values) = predicted.check("read", got) else {
        return false;
    };
    assert!(
        values
            .iter()
            .zip(asked)
            .all(|(values, tensor)| values.len() == tensor.len()),
        "another length"
    );
    true
}

fn elementwise(
    world: &World,
    tensors: &Tensors,
    choices: &mut Choices<'_>,
    predicted: &mut Predicted,
    wanted: &mut Vec<Vec<usize>>,
) -> Got {
    let (gpu, which) = (&world.gpu, choices.below(6));
    let activation = values::activation(choices, predicted);
    let (x, is_theirs) = tensors.pick(choices);
    predicted.wrong_if(is_theirs, "x");
    let mut inputs = TensorArgs::from(x);
    let first = activation
        .info()
        .parameters
        .iter()
        .find(|parameter| parameter.is_learnable());
    let (mut of_weight, mut arguments) = (None, vec![x]);
    if choices.once_in(4) {
        let axis = choices.of(&[None, Some(0), Some(-1), Some(5), Some(isize::MIN)]);
        let (weight, is_theirs) = tensors.pick(choices);
        let argument = first.map_or("learned", |parameter| parameter.name);
        predicted.wrong_if(is_theirs || first.is_none(), argument);
        inputs = (x, weight).into();
        let position = match axis {
            None => Some(1),
            Some(axis) => {
                inputs = inputs.along(axis);
                let position = position(axis, x.shape().len());
                predicted.wrong_if(position.is_none(), "axis");
                position
            }
        };
        let (shape, x_shape) = (weight.shape(), x.shape());
        let channels = position.and_then(|position| x_shape.get(position));
        let fits = match shape {
            _ if shape == x_shape || shape.iter().all(|&size| size == 1) => true,
            [size] if channels == Some(size) => true,
            [_] if axis.is_some() => false,
            _ => broadcasts(shape, x_shape),
        };
        predicted.wrong_if(!fits, argument);
        of_weight = Some(weight.shape().to_vec());
        arguments.push(weight);
    }
    let mut like = |name: &str, choices: &mut Choices<'_>| {
        let (tensor, is_theirs) = tensors.pick_like(x, choices);
        predicted.wrong_if(is_theirs || tensor.shape() != x.shape(), name);
        tensor
    };
    let shape = x.shape().to_vec();
    let (name, got) = match which {
        0 => ("forward", one(gpu.forward(activation, inputs))),
        1 => {
            let grad = like("grad_output", choices);
            arguments.push(grad);
            let of_x = ("grad_x", &*shape);
            let got = match into(tensors, choices, predicted, wanted, of_x, &arguments) {
                None => one(gpu.backward(activation, inputs, grad)),
                Some(into) => none(gpu.accumulate([into]).backward(activation, inputs, grad)),
            };
            ("backward", got)
        }
        2 => {
            let parameter = first.map_or("slope", |parameter| parameter.name);
            let grad = like("grad_output", choices);
            predicted.wrong_if(first.is_none(), parameter);
            arguments.push(grad);
            let of_parameter = ("grad_parameter", &*of_weight.unwrap_or_default());
            let got = match into(
                tensors,
                choices,
                predicted,
                wanted,
                of_parameter,
                &arguments,
            ) {
                None => one(gpu.backward_parameter(activation, parameter, inputs, grad)),
                Some(into) => {
                    let into = gpu.accumulate([into]);
                    none(into.backward_parameter(activation, parameter, inputs, grad))
                }
            };
            ("backward_parameter", got)
        }
        3 | 4 => {
            let grad = (which == 4).then(|| like("grad_output", choices));
            let training = values::training(choices, predicted);
            match grad {
                None => (
                    "forward_training",
                    one(gpu.forward_training(activation, training, inputs)),
                ),
                Some(grad) => (
                    "backward_training",
                    one(gpu.backward_training(activation, training, inputs, grad)),
                ),
            }
        }
        _ => {
            let (grad, tangent) = (like("grad_output", choices), like("tangent", choices));
            wanted.push(shape.clone());
            (
                "double_backward",
                gpu.double_backward(activation, inputs, grad, tangent)
                    .map(Vec::from),
            )
        }
    };
    if !matches!(which, 1 | 2) {
        wanted.push(shape);
    }
    (format!("{name} of {activation}, {:?}", x.shape()), got)
}

fn glu(
    world: &World,
    tensors: &Tensors,
    choices: &mut Choices<'_>,
    predicted: &mut Predicted,
    wanted: &mut Vec<Vec<usize>>,
) -> Got {
    let (gpu, which) = (&world.gpu, choices.below(4));
    let glu = values::glu(choices, predicted);
    let (x, is_theirs) = tensors.pick(choices);
    let shape = x.shape().to_vec();
    if which < 2 {
        predicted.wrong_if(is_theirs, "value");
        let mut like = |name: &str, choices: &mut Choices<'_>| {
            let (tensor, is_theirs) = tensors.pick_like(x, choices);
            predicted.wrong_if(is_theirs || tensor.shape() != x.shape(), name);
            tensor
        };
        let gate = like("gate", choices);
        wanted.push(shape.clone());
        if which == 0 {
            return (format!("glu, {shape:?}"), one(gpu.glu(glu, x, gate)));
        }
        let grad = like("grad_output", choices);
        wanted.push(shape.clone());
        return (
            format!("glu_backward, {shape:?}"),
            gpu.glu_backward(glu, x, gate, grad).map(Vec::from),
        );
    }
    predicted.wrong_if(is_theirs, "x");
    let axis = choices.of(&[-1, 0, 1, -2, 4, isize::MIN]);
    let position = position(axis, shape.len());
    predicted.wrong_if(position.is_none(), "axis");
    let mut half = shape.clone();
    if let Some(position) = position {
        predicted.wrong_if(!half[position].is_multiple_of(2), "x");
        half[position] /= 2;
    }
    let layout = choices.of(&[
        GluLayout::ValueGate,
        GluLayout::GateValue,
        GluLayout::Interleaved,
    ]);
    let name = format!("glu_split, {shape:?} along {axis}");
    if which == 2 {
        wanted.push(half);
        return (name, one(gpu.glu_split(glu, axis, layout, x)));
    }
    let (grad, is_theirs) = tensors.pick(choices);
    predicted.wrong_if(is_theirs || grad.shape() != half, "grad_output");
    let of_x = ("grad_x", &*shape);
    let got = match into(tensors, choices, predicted, wanted, of_x, &[x, grad]) {
        None => one(gpu.glu_split_backward(glu, axis, layout, x, grad)),
        Some(into) => {
            let into = gpu.accumulate([into]);
            none(into.glu_split_backward(glu, axis, layout, x, grad))
        }
    };
    (name + ", backward", got)
}

fn expression(
    world: &World,
    tensors: &Tensors,
    choices: &mut Choices<'_>,
    predicted: &mut Predicted,
    wanted: &mut Vec<Vec<usize>>,
) -> Got {
    // Whatever the text is, it is read or refused.
    let garbled: String = (0..choices.below(12))
        .map(|_| {
            choices.of(&[
                "x", "(", ")", " + ", "^", "gelu", ",", "=", "1e9", ".", "<", "é",
            ])
        })
        .collect();
    let _ = garbled.parse::<Expression>();

    let text = text_of(choices, 3);
    let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        expression.to_string().parse().as_ref(),
        Ok(&expression),
        "{text}"
    );
    let operands: Vec<_> = expression
        .operands()
        .iter()
        .map(|name| (name.as_str(), tensors.pick(choices)))
        .collect();
    let mut joint: Vec<usize> = Vec::new();
    let mut fit = true;
    for (_, (tensor, _)) in &operands {
        fit &= broadcast_together(&mut joint, tensor.shape());
    }
    for (name, (_, is_theirs)) in &operands {
        predicted.wrong_if(*is_theirs || !fit, name);
    }
    predicted.wrong_if(fit && elements(&joint) > u128::from(u64::MAX) / 8, "shape");
    let missing = choices
        .once_in(16)
        .then(|| operands.len().checked_sub(1))
        .flatten();
    let mut given = operands.clone();
    if let Some(missing) = missing {
        predicted.wrong_if(true, given.remove(missing).0);
    }
    let given: Operands<'_> = given
        .iter()
        .map(|(name, (tensor, _))| (*name, Value::from(*tensor)))
        .collect();
    let given = given.random(choices.byte().into(), choices.below(9) as u64);
    let name = format!("{text} of {joint:?}");
    if operands.is_empty() || choices.once_in(2) {
        wanted.push(joint);
        return (name, one(world.gpu.evaluate(&expression, given)));
    }
    let of = choices.below(operands.len());
    let (operand, (tensor, _)) = operands[of];
    let (grad, _) = tensors.pick(choices);
    let grad = tensors
        .ours
        .iter()
        .rev()
        .find(|grad| grad.shape() == joint)
        .unwrap_or(grad);
    predicted.wrong_if(grad.shape() != joint, "grad_output");
    // An operand that no gradient reads may be the tensor to which one is added.
    let of_operand = (&*format!("grad_{operand}"), tensor.shape());
    let got = match into(tensors, choices, predicted, wanted, of_operand, &[]) {
        None => {
            let got = world.gpu.gradients(&expression, given, grad, [operand]);
            got.map(Vec::from)
        }
        Some(into) => {
            let into = world.gpu.accumulate([into]);
            none(into.gradients(&expression, given, grad, [operand]))
        }
    };
    (name, got)
}

/// A random expression.
fn text_of(choices: &mut Choices<'_>, depth: usize) -> String {
    if depth == 0 || choices.once_in(6) {
        return choices.of(&["x", "a", "b", "1.5", "-2"]).to_owned();
    }
    let (a, b) = (text_of(choices, depth - 1), text_of(choices, depth - 1));
    match choices.below(7) {
        0 => format!("({a} + {b})"),
        1 => format!("({a} * {b})"),
        2 => format!("({a} / {b})"),
        3 => format!("max({a}, {b})"),
        4 => format!("dropout({a}, p=0.5)"),
        5 => format!("elu({a}, alpha={b})"),
        _ => format!("select({a} < {b}, gelu({a}), {b})"),
    }
}

/// Broadcasts a shape together with another one, if they fit.
fn broadcast_together(shape: &mut Vec<usize>, other: &[usize]) -> bool {
    while shape.len() < other.len() {
        shape.insert(0, 1);
    }
    let missing = shape.len() - other.len();
    shape[missing..].iter_mut().zip(other).all(|(size, &own)| {
        let fits = *size == own || *size == 1 || own == 1;
        if *size == 1 {
            *size = own;
        }
        fits
    })
}

fn along_axis(
    world: &World,
    tensors: &Tensors,
    choices: &mut Choices<'_>,
    predicted: &mut Predicted,
    wanted: &mut Vec<Vec<usize>>,
) -> Got {
    let (gpu, which) = (&world.gpu, choices.below(4));
    let function = values::function(choices, predicted);
    let (x, is_theirs) = tensors.pick(choices);
    let shape = x.shape().to_vec();
    let axis = choices.of(&[-1, 0, 1, -2, 4, isize::MIN]);
    // A single number is a row of one.
    let position = position(axis, shape.len().max(1));
    predicted.wrong_if(position.is_none(), "axis");
    let mut of_output = if shape.is_empty() {
        vec![1]
    } else {
        shape.clone()
    };
    if let Some(position) = position {
        match function {
            AxisFunction::Logsumexp => drop(of_output.remove(position)),
            AxisFunction::Maxout { groups } => {
                let groups = groups.max(1) as usize;
                predicted.wrong_if(!of_output[position].is_multiple_of(groups), "groups");
                of_output[position] /= groups;
            }
            AxisFunction::Crelu => of_output[position] = of_output[position].saturating_mul(2),
            _ => {}
        }
    }
    if shape.is_empty() && of_output == [1] {
        of_output.clear();
    }
    let is_double = matches!(
        function,
        AxisFunction::Softmax { .. }
            | AxisFunction::LogSoftmax { .. }
            | AxisFunction::Softmin { .. }
    );
    let has_threshold = matches!(function, AxisFunction::Sparsemax | AxisFunction::Entmax15);
    let is_masked = is_double || has_threshold;
    predicted.wrong_if(elements(&of_output) > u128::from(u64::MAX) / 8, "shape");
    let name = format!("{function}, {shape:?} along {axis}, {which}");
    if which < 2 {
        predicted.wrong_if(is_theirs, "x");
        let mut inputs = AxisInput::from(x);
        if which == 1 {
            let (mask, is_theirs) = tensors.pick(choices);
            let fits = broadcasts(mask.shape(), &shape);
            predicted.wrong_if(
                is_theirs || !(is_masked || function == AxisFunction::Hardmax) || !fits,
                "mask",
            );
            inputs = match choices.once_in(2) {
                true => (x, mask).into(),
                false => AxisInput::new(x.view()).boolean_mask(mask.view()),
            };
        }
        wanted.push(of_output);
        return (name, one(gpu.forward_axis(function, axis, inputs)));
    }
    let argument = if which == 3 || function.info().saved == Saved::Output {
        "y"
    } else {
        "x"
    };
    predicted.wrong_if(is_theirs, argument);
    if which == 2 {
        let (grad, is_theirs) = tensors.pick_like(x, choices);
        predicted.wrong_if(is_theirs || grad.shape() != of_output, "grad_output");
        let of_x = ("grad_x", &*shape);
        let got = match into(tensors, choices, predicted, wanted, of_x, &[x, grad]) {
            None => one(gpu.backward_axis(function, axis, x, grad)),
            Some(into) => {
                let into = gpu.accumulate([into]);
                none(into.backward_axis(function, axis, x, grad))
            }
        };
        return (name, got);
    }
    wanted.push(shape.clone());
    predicted.wrong_if(!is_double, "function");
    let [grad, tangent] = ["grad_output", "tangent"].map(|name| {
        let (tensor, is_theirs) = tensors.pick_like(x, choices);
        predicted.wrong_if(is_theirs || tensor.shape() != shape, name);
        tensor
    });
    wanted.push(shape);
    (
        name,
        gpu.double_backward_axis(function, axis, x, grad, tangent)
            .map(Vec::from),
    )
}
