//! A function of one number that the visitor has chosen or typed.

use js_sys::Array;
use wasm_bindgen::prelude::{JsError, JsValue, wasm_bindgen};
use wgpu_activations::{
    Activation, Error, Expression, ExpressionError, Gpu, Operands, Tensor, TrainingMode, Value,
    wgsl,
};

use crate::functions::label;
use crate::object::{error, object};

/// The operand of an expression that stands for the gradient with respect to its result.
const GRAD_OUTPUT: &str = "grad_output";

/// A function of one number.
#[wasm_bindgen]
#[derive(Clone)]
pub struct Chosen {
    pub(crate) function: Function,
}

#[derive(Clone)]
pub(crate) enum Function {
    Activation(Activation),
    Expression(Box<Curve>),
}

/// An expression as a function of one of its operands. The others are numbers.
#[derive(Clone)]
pub(crate) struct Curve {
    pub(crate) expression: Expression,
    /// The operand along the axis of x.
    pub(crate) axis: String,
    /// The values of the other operands.
    numbers: Vec<(String, f32)>,
    /// The first and the second derivative, unless the expression has none.
    derivatives: [Option<Expression>; 2],
}

#[wasm_bindgen]
impl Chosen {
    /// Reads an activation with its parameters, or an expression. `axis` is the operand that is
    /// drawn along the axis of x: without it, that is `x`, or else the first operand. The other
    /// operands have these values, or 1.
    ///
    /// # Errors
    /// The error has the place in the text, in JavaScript's units: `start` and `end`.
    #[wasm_bindgen(constructor)]
    pub fn new(
        text: &str,
        axis: Option<String>,
        names: Vec<String>,
        values: &[f32],
    ) -> Result<Self, JsValue> {
        if let Ok(activation) = text.parse::<Activation>() {
            let checked = activation
                .checked()
                .map_err(|refused| error(&refused.to_string(), []))?;
            return Ok(Self {
                function: Function::Activation(checked),
            });
        }
        let expression: Expression = text.parse().map_err(|refused| refusal(&refused))?;
        let operands = expression.operands();
        let of_choice = axis.filter(|axis| operands.contains(axis));
        let usual = || {
            operands
                .iter()
                .find(|name| *name == "x")
                .or(operands.first())
                .cloned()
        };
        let axis = of_choice.or_else(usual);
        let axis = axis.ok_or_else(|| error("a curve needs an operand: write `x` for it", []))?;
        let others = operands.iter().filter(|name| **name != axis);
        let given = |name: &String| {
            let place = names.iter().position(|other| other == name)?;
            values.get(place).copied()
        };
        let numbers = others
            .map(|name| (name.clone(), given(name).unwrap_or(1.0)))
            .collect();
        let first = derivative(&expression, &axis);
        let second = first.as_ref().and_then(|first| derivative(first, &axis));
        let derivatives = [first, second];
        let curve = Curve {
            expression,
            axis,
            numbers,
            derivatives,
        };
        Ok(Self {
            function: Function::Expression(Box::new(curve)),
        })
    }

    /// The text form.
    #[wasm_bindgen(getter)]
    pub fn text(&self) -> String {
        match &self.function {
            Function::Activation(activation) => label(*activation),
            Function::Expression(curve) => curve.expression.to_string(),
        }
    }

    /// The name of the activation's row, or nothing for an expression.
    #[wasm_bindgen(getter)]
    pub fn key(&self) -> Option<String> {
        match &self.function {
            Function::Activation(activation) => Some(activation.info().name.to_owned()),
            Function::Expression(_) => None,
        }
    }

    /// The values of the activation's parameters, in the order of the list.
    #[wasm_bindgen(getter)]
    pub fn values(&self) -> Vec<f32> {
        match &self.function {
            Function::Activation(activation) => {
                activation.parameters().map(|(_, value)| value).collect()
            }
            Function::Expression(_) => vec![],
        }
    }

    /// The operand along the axis of x.
    #[wasm_bindgen(getter)]
    pub fn axis(&self) -> String {
        match &self.function {
            Function::Activation(_) => "x".to_owned(),
            Function::Expression(curve) => curve.axis.clone(),
        }
    }

    /// The other operands: objects with `name` and `value`.
    #[wasm_bindgen(getter)]
    pub fn operands(&self) -> Array {
        let numbers: &[(String, f32)] = match &self.function {
            Function::Activation(_) => &[],
            Function::Expression(curve) => &curve.numbers,
        };
        let objects = numbers.iter().map(|(name, value)| {
            object([("name", name.as_str().into()), ("value", (*value).into())])
        });
        objects.collect()
    }

    /// The names of all operands, in the order of the arguments of the WGSL.
    #[wasm_bindgen(getter, js_name = allOperands)]
    pub fn all_operands(&self) -> Vec<String> {
        match &self.function {
            Function::Activation(_) => vec!["x".to_owned()],
            Function::Expression(curve) => curve.expression.operands().to_vec(),
        }
    }

    /// Advice on formulas that lose digits.
    #[wasm_bindgen(getter)]
    pub fn hints(&self) -> Array {
        match &self.function {
            Function::Activation(_) => Array::new(),
            Function::Expression(curve) => {
                curve.expression.hints().iter().map(JsValue::from).collect()
            }
        }
    }

    /// The gradient as an expression of the same operands and of `grad_output`, or why there is
    /// none.
    #[wasm_bindgen(getter)]
    pub fn gradient(&self) -> String {
        let (expression, axis) = match &self.function {
            Function::Activation(activation) => (Expression::from(*activation), "x"),
            Function::Expression(curve) => (curve.expression.clone(), curve.axis.as_str()),
        };
        match expression.gradient(axis) {
            Ok(gradient) => gradient.to_string(),
            Err(error) => error.to_string(),
        }
    }

    /// The functions as WGSL, with this prefix, and with functions of four lanes if they are
    /// wanted.
    ///
    /// # Errors
    /// The message says which prefixes are allowed.
    pub fn wgsl(&self, prefix: &str, has_vectors: bool) -> Result<String, JsError> {
        let (text, function) = match &self.function {
            Function::Activation(activation) => (activation.wgsl(prefix)?, "activation"),
            Function::Expression(curve) => (curve.expression.wgsl(prefix)?, "expression"),
        };
        if !has_vectors {
            return Ok(text);
        }
        // All functions of x, and not those that they call.
        let begins = format!("{prefix}{function}");
        let declared = text
            .lines()
            .filter_map(|line| line.strip_prefix("fn ")?.split_once('('));
        let names = declared
            .map(|(name, _)| name)
            .filter(|name| name.starts_with(&begins));
        Ok(wgsl::with_vec4(&text, names)?)
    }
}

impl Chosen {
    /// Computes f, f' or f'' on the CPU, in f64, as the element at this place. It is `None` if
    /// there is no such derivative.
    pub(crate) fn truth(&self, order: usize, x: f64, element: u64) -> Option<f64> {
        match &self.function {
            Function::Activation(activation) => Some(match order {
                0 => activation.forward(x),
                1 => activation.derivative(x),
                _ => activation.second_derivative(x),
            }),
            Function::Expression(curve) => {
                let training = TrainingMode::default();
                let values = |name: &str| curve.value(name, x);
                Some(
                    curve
                        .of_order(order)?
                        .evaluate_training(values, training, element),
                )
            }
        }
    }

    /// Computes f, f' or f'' at all elements of a tensor on the GPU.
    pub(crate) fn on_gpu(
        &self,
        gpu: &Gpu,
        order: usize,
        x: &Tensor,
        ones: &Tensor,
    ) -> Result<Option<Tensor>, Error> {
        match &self.function {
            Function::Activation(activation) => Ok(Some(match order {
                0 => gpu.forward(*activation, x)?,
                1 => gpu.backward(*activation, x, ones)?,
                _ => {
                    let [second, _] = gpu.double_backward(*activation, x, ones, ones)?;
                    second
                }
            })),
            Function::Expression(curve) => curve.on_gpu(gpu, order, x, ones),
        }
    }
}

impl Curve {
    /// The values of the operands that are numbers.
    pub(crate) fn numbers(&self) -> &[(String, f32)] {
        &self.numbers
    }

    fn value(&self, name: &str, x: f64) -> f64 {
        let number = self.numbers.iter().find(|(number, _)| number == name);
        number.map_or(x, |(_, value)| f64::from(*value))
    }

    fn of_order(&self, order: usize) -> Option<&Expression> {
        match order {
            0 => Some(&self.expression),
            _ => self.derivatives[order - 1].as_ref(),
        }
    }

    fn on_gpu(
        &self,
        gpu: &Gpu,
        order: usize,
        x: &Tensor,
        ones: &Tensor,
    ) -> Result<Option<Tensor>, Error> {
        if order == 0 {
            return gpu
                .evaluate(&self.expression, self.operands(&self.expression, x))
                .map(Some);
        }
        let (Some(of), Some(_)) = (self.of_order(order - 1), self.of_order(order)) else {
            return Ok(None);
        };
        if !of.operands().contains(&self.axis) {
            // The derivative is the same everywhere, and its own one is 0.
            return gpu.upload(&vec![0.0; x.len()], [x.len()]).map(Some);
        }
        let [gradient] = gpu.gradients(of, self.operands(of, x), ones, [self.axis.as_str()])?;
        Ok(Some(gradient))
    }

    /// The values of the operands that an expression has.
    fn operands<'a>(&'a self, of: &'a Expression, x: &'a Tensor) -> Operands<'a> {
        let value = |name: &'a String| {
            let number = self.numbers.iter().find(|(number, _)| number == name);
            let value = number.map_or(Value::from(x), |(_, value)| Value::from(*value));
            (name.as_str(), value)
        };
        of.operands().iter().map(value).collect()
    }
}

/// The derivative with respect to an operand. It is the number 0 for an expression without it.
fn derivative(expression: &Expression, axis: &str) -> Option<Expression> {
    if !expression.operands().iter().any(|name| name == axis) {
        return Some(Expression::number(0.0));
    }
    let gradient = expression.gradient(axis).ok()?;
    Some(gradient.substitute(GRAD_OUTPUT, Expression::number(1.0)))
}

/// An error about a text. Its message without the place in the text, which the page shows itself.
fn refusal(refused: &ExpressionError) -> JsValue {
    let units = |end: usize| refused.text[..end].encode_utf16().count() as u32;
    let (start, end) = (units(refused.range.start), units(refused.range.end));
    let message = refused.kind.to_string();
    error(&message, [("start", start.into()), ("end", end.into())])
}
