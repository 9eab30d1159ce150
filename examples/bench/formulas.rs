//! Formulas as textbooks and other libraries have them, made of WGSL's own functions. They may be
//! many digits off; the comparison shows what the digits cost.

use crate::plan::Pass;

/// The formula of an activation with its default parameters, as a function of `x`, and its
/// derivative times `g`. All values are vec4.
pub struct Formula {
    pub activation: &'static str,
    forward: &'static str,
    backward: &'static str,
}

impl Formula {
    pub fn of(&self, pass: Pass) -> &'static str {
        match pass {
            Pass::Forward => self.forward,
            Pass::Backward => self.backward,
        }
    }
}

const fn formula(
    activation: &'static str,
    forward: &'static str,
    backward: &'static str,
) -> Formula {
    Formula {
        activation,
        forward,
        backward,
    }
}

/// Functions that WGSL lacks. `erf` is Abramowitz and Stegun's 7.1.26, as WebGPU libraries have it.
pub const HELPERS: &str = "
fn sigmoid(x: vec4<f32>) -> vec4<f32> { return 1.0 / (1.0 + exp(-x)); }
fn erf(x: vec4<f32>) -> vec4<f32> {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let y = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - y * exp(-x * x));
}
fn normal(x: vec4<f32>) -> vec4<f32> { return 0.5 + 0.5 * erf(x * 0.70710678); }
fn gelu_tanh_of(x: vec4<f32>) -> vec4<f32> { return tanh(0.79788456 * (x + 0.044715 * x * x * x)); }
fn root(x: vec4<f32>) -> vec4<f32> { return sqrt(1.0 + x * x); }
fn is_positive(x: vec4<f32>) -> vec4<bool> { return x > vec4<f32>(); }
";

/// All activations with a function, a root or a division in them.
pub const FORMULAS: [Formula; 23] = [
    formula(
        "elu",
        "select(exp(x) - 1.0, x, is_positive(x))",
        "g * select(exp(x), vec4<f32>(1.0), is_positive(x))",
    ),
    formula(
        "selu",
        "1.05070099 * select(1.67326324 * (exp(x) - 1.0), x, is_positive(x))",
        "g * 1.05070099 * select(1.67326324 * exp(x), vec4<f32>(1.0), is_positive(x))",
    ),
    formula(
        "sigmoid",
        "sigmoid(x)",
        "let y = sigmoid(x); g * y * (1.0 - y)",
    ),
    formula("logsigmoid", "-log(1.0 + exp(-x))", "g * sigmoid(-x)"),
    formula("tanh", "tanh(x)", "let y = tanh(x); g * (1.0 - y * y)"),
    formula("tanhshrink", "x - tanh(x)", "let y = tanh(x); g * y * y"),
    formula("softplus", "log(1.0 + exp(x))", "g * sigmoid(x)"),
    formula(
        "squareplus",
        "0.5 * (x + sqrt(x * x + 4.0))",
        "g * 0.5 * (1.0 + x / sqrt(x * x + 4.0))",
    ),
    formula(
        "silu",
        "x * sigmoid(x)",
        "let y = sigmoid(x); g * y * (1.0 + x * (1.0 - y))",
    ),
    formula(
        "mish",
        "x * tanh(log(1.0 + exp(x)))",
        "let y = tanh(log(1.0 + exp(x))); g * (y + x * (1.0 - y * y) * sigmoid(x))",
    ),
    formula(
        "gelu",
        "x * normal(x)",
        "g * (normal(x) + x * 0.39894228 * exp(-0.5 * x * x))",
    ),
    formula(
        "gelu(approximate=tanh)",
        "0.5 * x * (1.0 + gelu_tanh_of(x))",
        "let y = gelu_tanh_of(x); g * 0.5 * (1.0 + y + x * (1.0 - y * y) * (0.79788456 + 0.10703222 * x * x))",
    ),
    formula(
        "quick_gelu",
        "x * sigmoid(1.702 * x)",
        "let y = sigmoid(1.702 * x); g * y * (1.0 + 1.702 * x * (1.0 - y))",
    ),
    formula(
        "bent_identity",
        "0.5 * (root(x) - 1.0) + x",
        "g * (0.5 * x / root(x) + 1.0)",
    ),
    formula("isru", "x / root(x)", "let y = root(x); g / (y * y * y)"),
    formula(
        "isrlu",
        "select(x, x / root(x), x < vec4<f32>())",
        "let y = root(x); select(g, g / (y * y * y), x < vec4<f32>())",
    ),
    formula(
        "softsign",
        "x / (1.0 + abs(x))",
        "let y = 1.0 + abs(x); g / (y * y)",
    ),
    formula("gaussian", "exp(-x * x)", "g * -2.0 * x * exp(-x * x)"),
    formula("atan", "atan(x)", "g / (1.0 + x * x)"),
    formula("sine", "sin(x)", "g * cos(x)"),
    formula(
        "snake",
        "let y = sin(x); x + y * y",
        "g * (1.0 + sin(2.0 * x))",
    ),
    formula(
        "swish(beta=1.5)",
        "x * sigmoid(1.5 * x)",
        "let y = sigmoid(1.5 * x); g * y * (1.0 + 1.5 * x * (1.0 - y))",
    ),
    formula(
        "serf",
        "x * erf(log(1.0 + exp(x)))",
        "let y = log(1.0 + exp(x)); g * (erf(y) + x * 1.12837917 * exp(-y * y) * sigmoid(x))",
    ),
];
