//! One kernel for all steps of an expression gives the same bits as a kernel for each step.

use std::collections::HashMap;

use crate::expression::graph::{Graph, Node, NodeId};
use crate::{Activation, Error, Expression, Gpu, Operands, Tensor, Value};

/// A random number generator (Marsaglia, Xorshift RNGs, 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % end
    }

    fn one_of(&mut self, texts: &[&str]) -> String {
        texts[self.below(texts.len())].to_owned()
    }

    /// The text of an expression of at most this depth.
    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 || self.below(8) == 0 {
            return self.one_of(&["x", "x", "x", "gate", "bias", "row", "1.5", "0.1", "3"]);
        }
        let mut next = || self.expression(depth - 1);
        let (a, b) = (next(), next());
        match self.below(12) {
            0 | 1 => format!("({a} + {b})"),
            2 | 3 => format!("({a} - {b})"),
            4..=6 => format!("({a} * {b})"),
            7 => format!("({a} / (1 + {b} * {b}))"),
            8 => format!("{}({a}, {b})", self.one_of(&["max", "min"])),
            9 => format!("select({a} > {b}, {b}, -{a})"),
            10 => format!("gate({a}, sigmoid({b}))"),
            _ => {
                let names = [
                    "gelu", "silu", "tanh", "softplus", "relu", "mish", "elu", "snake",
                ];
                format!("{}({a})", self.one_of(&names))
            }
        }
    }
}

const SEED: u64 = 0x2545_f491_4f6c_dd1d;

/// The rows and the columns of x, for which there are other operands.
const ROWS: usize = 24;
const COLUMNS: usize = 32;

struct Inputs(Vec<(String, Tensor)>);

impl Inputs {
    fn new(gpu: &Gpu, random: &mut Random) -> Result<Self, Error> {
        let shapes: [(&str, &[usize]); 5] = [
            ("x", &[ROWS, COLUMNS]),
            ("gate", &[ROWS, COLUMNS]),
            ("bias", &[COLUMNS]),
            ("row", &[ROWS, 1]),
            ("grad_output", &[ROWS, COLUMNS]),
        ];
        let tensor = |(name, shape): (&str, &[usize])| {
            let length = shape.iter().product();
            let values: Vec<_> = (0..length)
                .map(|_| random.below(2000) as f32 / 300.0 - 3.3)
                .collect();
            Ok((name.to_owned(), gpu.upload(&values, shape)?))
        };
        Ok(Self(
            shapes
                .into_iter()
                .map(tensor)
                .collect::<Result<_, Error>>()?,
        ))
    }

    fn tensor(&self, name: &str) -> &Tensor {
        let found = self.0.iter().find(|(known, _)| known == name);
        &found.expect("an operand").1
    }

    fn of<'a>(&'a self, names: &'a [String]) -> Operands<'a> {
        names
            .iter()
            .map(|name| (name.as_str(), Value::from(self.tensor(name))))
            .collect()
    }
}

/// Computes a node with a kernel for each step.
fn step_by_step(gpu: &Gpu, graph: &Graph, root: NodeId, inputs: &Inputs) -> Result<Tensor, Error> {
    let mut results: HashMap<NodeId, Tensor> = HashMap::new();
    let needed = graph.needed(&[root]);
    for &id in &needed {
        let Node::Call(function, arguments) = graph.node(id) else {
            continue;
        };
        let mut step = Graph::default();
        let mut values = Vec::new();
        let mut own = Vec::new();
        for &argument in arguments {
            own.push(match graph.node(argument) {
                Node::Number(bits) => step.number(f32::from_bits(*bits)),
                Node::Operand(position) => {
                    let name = &graph.operands()[*position];
                    values.push((name.clone(), inputs.tensor(name)));
                    step.operand(name)
                }
                Node::Call(..) => {
                    let name = format!("step_{argument}");
                    values.push((name.clone(), &results[&argument]));
                    step.operand(&name)
                }
            });
        }
        let node = step.call(function.clone(), &own);
        values.sort_by(|a, b| a.0.cmp(&b.0));
        values.dedup_by(|a, b| a.0 == b.0);
        let values = values.iter().map(|(name, tensor)| (name.as_str(), *tensor));
        let values: Operands<'_> = values.collect();
        let result = gpu.evaluate(&Expression::new(&step, node), values)?;
        results.insert(id, result);
    }
    match graph.node(root) {
        Node::Call(..) => Ok(results.remove(&root).expect("a result")),
        _ => {
            let expression = Expression::new(graph, root);
            gpu.evaluate(&expression, inputs.of(expression.operands()))
        }
    }
}

/// The bits of a tensor that is broadcast to the shape of x. NaN is NaN whatever its bits.
fn bits(gpu: &Gpu, tensor: &Tensor) -> Result<Vec<u32>, Error> {
    let whole = gpu.evaluate(
        &Expression::operand("a"),
        [("a", tensor.view().broadcast_to([ROWS, COLUMNS])?)],
    )?;
    let bits = |value: f32| if value.is_nan() { 1 } else { value.to_bits() };
    Ok(gpu.read_blocking(&whole)?.into_iter().map(bits).collect())
}

/// Compares bits, without printing all.
fn assert_same(what: &str, fused: &[u32], single: &[u32]) {
    let differ = fused.iter().zip(single).filter(|(a, b)| a != b);
    let pairs: Vec<_> = differ.clone().take(3).collect();
    let count = differ.count();
    assert_eq!(
        count,
        0,
        "{what}: {count} of {} differ, as {pairs:x?}",
        fused.len()
    );
}

/// Compares an expression with its steps.
fn check(gpu: &Gpu, inputs: &Inputs, text: &str) -> Result<Expression, Error> {
    let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let fused = gpu.evaluate(&expression, inputs.of(expression.operands()))?;
    let single = step_by_step(gpu, expression.graph(), expression.root(), inputs)?;
    let (fused, single) = (bits(gpu, &fused)?, bits(gpu, &single)?);
    match gpu.device().adapter_info().backend {
        wgpu::Backend::Gl => assert_near(text, &fused, &single),
        _ => assert_same(text, &fused, &single),
    }
    Ok(expression)
}

/// Compares values, which are about 1, where compilers may regroup the operations of a function.
fn assert_near(what: &str, fused: &[u32], single: &[u32]) {
    for (&fused, &single) in fused.iter().zip(single) {
        let [fused, single] = [fused, single].map(f32::from_bits);
        let error = (fused - single).abs();
        let is_same = fused.to_bits() == single.to_bits();
        assert!(
            is_same || error <= 4e-6 * single.abs().max(1.0),
            "{what}: {fused}, not {single}"
        );
    }
}

/// Derivatives share steps with their functions, which compilers must not make other bits of. With
/// other parameters than the defaults kernels differ.
#[test]
fn derivatives_beside_their_functions() -> Result<(), Error> {
    let gpu = Gpu::new_blocking()?;
    let inputs = Inputs::new(&gpu, &mut Random(SEED))?;
    for activation in Activation::ALL {
        let info = activation.info();
        let learned = info
            .parameters
            .iter()
            .filter(|parameter| parameter.is_learnable());
        let mut functions = vec![info.name.to_owned(), format!("{}_derivative", info.name)];
        functions.extend(
            info.is_smooth()
                .then(|| format!("{}_second_derivative", info.name)),
        );
        functions.extend(
            learned.map(|parameter| format!("{}_derivative_{}", info.name, parameter.name)),
        );
        let other = activation.parameters().map(|(parameter, value)| {
            let is_end = parameter.at_most.is_some();
            format!(", {}", if is_end { value - 0.25 } else { value + 0.25 })
        });
        for parameters in [String::new(), other.collect()] {
            let calls = functions
                .iter()
                .map(|function| format!("{function}(x{parameters})"));
            check(&gpu, &inputs, &calls.collect::<Vec<_>>().join(" + "))?;
        }
    }
    Ok(())
}

#[test]
fn fused_results_are_those_of_single_steps() -> Result<(), Error> {
    let gpu = Gpu::new_blocking()?;
    let mut random = Random(SEED);
    let inputs = Inputs::new(&gpu, &mut random)?;
    let is_full = std::env::var("NUMERICS").is_ok_and(|value| value == "full");
    for _ in 0..if is_full { 120 } else { 12 } {
        let text = random.expression(4);
        let expression = check(&gpu, &inputs, &text)?;
        let names = expression.operands().to_vec();
        let shape = gpu
            .evaluate(&expression, inputs.of(&names))?
            .shape()
            .to_vec();
        // grad_output has the shape of x.
        let is_whole = shape == [ROWS, COLUMNS];
        for name in names.iter().filter(|_| is_whole) {
            let gradient = expression.gradient(name)?;
            let operands = inputs.of(&names);
            let [fused] =
                gpu.gradients(&expression, operands, inputs.tensor("grad_output"), [name])?;
            let terms = step_by_step(&gpu, gradient.graph(), gradient.root(), &inputs)?;
            // The sum of the terms, which are a tensor now.
            let sum: Expression = "x * 0 + a"
                .parse()
                .unwrap_or_else(|error| panic!("{error}"));
            let terms = gpu.evaluate(
                &Expression::operand("a"),
                [("a", terms.view().broadcast_to([ROWS, COLUMNS])?)],
            )?;
            let operands = [("x", inputs.tensor("x")), ("a", inputs.tensor(name))];
            let [single] = gpu.gradients(&sum, operands, &terms, ["a"])?;
            let what = format!("gradient of {text} with respect to {name}");
            assert_same(&what, &bits(&gpu, &fused)?, &bits(&gpu, &single)?);
        }
    }
    Ok(())
}
