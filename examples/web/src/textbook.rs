//! Formulas as textbooks have them, made of WGSL's built-in functions.

use wgpu_activations::ActivationInfo;

/// WGSL for f and f', as expressions of `x` and of the parameters by their names.
#[derive(Clone, Copy)]
pub struct Textbook {
    name: &'static str,
    pub formulas: [&'static str; 2],
}

/// Functions that the formulas call. `erf` is Abramowitz and Stegun's 7.1.26.
pub const HELPERS: &str = "
fn sigmoid(x: f32) -> f32 { return 1.0 / (1.0 + exp(-x)); }
fn softplus(x: f32) -> f32 { return log(1.0 + exp(x)); }
fn erf(x: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let y = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - y * exp(-x * x));
}
fn normal(x: f32) -> f32 { return 0.5 + 0.5 * erf(x * 0.70710678); }
fn tanh_of_gelu(x: f32) -> f32 { return tanh(0.79788456 * (x + 0.044715 * x * x * x)); }
fn root(x: f32, a: f32) -> f32 { return sqrt(1.0 + a * x * x); }
fn cube(x: f32) -> f32 { return x * x * x; }
fn square(x: f32) -> f32 { return x * x; }
";

/// The formulas of an activation, if it has a function, a root or a division in it. Those of the
/// others are exact.
pub fn of(info: &ActivationInfo) -> Option<Textbook> {
    TEXTBOOKS
        .iter()
        .find(|textbook| textbook.name == info.name)
        .copied()
}

const fn textbook(name: &'static str, f: &'static str, derivative: &'static str) -> Textbook {
    Textbook {
        name,
        formulas: [f, derivative],
    }
}

const TEXTBOOKS: [Textbook; 36] = [
    textbook(
        "elu",
        "select(alpha * (exp(x) - 1.0), x, x > 0.0)",
        "select(alpha * exp(x), 1.0, x > 0.0)",
    ),
    textbook(
        "selu",
        "scale * select(alpha * (exp(x) - 1.0), x, x > 0.0)",
        "scale * select(alpha * exp(x), 1.0, x > 0.0)",
    ),
    textbook(
        "celu",
        "select(alpha * (exp(x / alpha) - 1.0), x, x > 0.0)",
        "select(exp(x / alpha), 1.0, x > 0.0)",
    ),
    textbook(
        "xielu",
        "select(alpha_n * (exp(min(x, eps)) - 1.0 - x), alpha_p * x * x, x > 0.0) + beta * x",
        "select(alpha_n * (exp(x) - 1.0), 2.0 * alpha_p * x, x > 0.0) + beta",
    ),
    textbook(
        "sigmoid",
        "1.0 / (1.0 + exp(-x))",
        "sigmoid(x) * (1.0 - sigmoid(x))",
    ),
    textbook("logsigmoid", "-log(1.0 + exp(-x))", "1.0 / (1.0 + exp(x))"),
    textbook("tanh", "tanh(x)", "1.0 - square(tanh(x))"),
    textbook("tanhshrink", "x - tanh(x)", "square(tanh(x))"),
    textbook(
        "softplus",
        "select(log(1.0 + exp(beta * x)) / beta, x, beta * x > threshold)",
        "select(1.0 / (1.0 + exp(-beta * x)), 1.0, beta * x > threshold)",
    ),
    textbook(
        "squareplus",
        "0.5 * (x + sqrt(x * x + b))",
        "0.5 * (1.0 + x / sqrt(x * x + b))",
    ),
    textbook(
        "silu",
        "x / (1.0 + exp(-x))",
        "sigmoid(x) * (1.0 + x * (1.0 - sigmoid(x)))",
    ),
    textbook(
        "swish",
        "x / (1.0 + exp(-beta * x))",
        "sigmoid(beta * x) * (1.0 + beta * x * (1.0 - sigmoid(beta * x)))",
    ),
    textbook(
        "mish",
        "x * tanh(log(1.0 + exp(x)))",
        "tanh(softplus(x)) + x * (1.0 - square(tanh(softplus(x)))) * sigmoid(x)",
    ),
    textbook(
        "gelu",
        "x * normal(x)",
        "normal(x) + x * 0.39894228 * exp(-0.5 * x * x)",
    ),
    textbook(
        "gelu_tanh",
        "0.5 * x * (1.0 + tanh(0.79788456 * (x + 0.044715 * x * x * x)))",
        "0.5 * (1.0 + tanh_of_gelu(x) + x * (1.0 - square(tanh_of_gelu(x))) * (0.79788456 + 0.10703222 * x * x))",
    ),
    textbook(
        "quick_gelu",
        "x / (1.0 + exp(-1.702 * x))",
        "sigmoid(1.702 * x) * (1.0 + 1.702 * x * (1.0 - sigmoid(1.702 * x)))",
    ),
    textbook(
        "bent_identity",
        "0.5 * (root(x, 1.0) - 1.0) + x",
        "0.5 * x / root(x, 1.0) + 1.0",
    ),
    textbook("isru", "x / root(x, alpha)", "1.0 / cube(root(x, alpha))"),
    textbook(
        "isrlu",
        "select(x / root(x, alpha), x, x >= 0.0)",
        "select(1.0 / cube(root(x, alpha)), 1.0, x >= 0.0)",
    ),
    textbook(
        "softsign",
        "x / (1.0 + abs(x))",
        "1.0 / square(1.0 + abs(x))",
    ),
    textbook("gaussian", "exp(-x * x)", "-2.0 * x * exp(-x * x)"),
    textbook("atan", "atan(x)", "1.0 / (1.0 + x * x)"),
    textbook("sine", "sin(omega * x)", "omega * cos(omega * x)"),
    textbook("cos", "cos(x)", "-sin(x)"),
    textbook(
        "snake",
        "x + square(sin(alpha * x)) / alpha",
        "1.0 + sin(2.0 * alpha * x)",
    ),
    textbook(
        "serf",
        "x * erf(log(1.0 + exp(x)))",
        "erf(softplus(x)) + x * 1.12837917 * exp(-square(softplus(x))) * sigmoid(x)",
    ),
    textbook("exp", "exp(x)", "exp(x)"),
    textbook("expm1", "exp(x) - 1.0", "exp(x)"),
    textbook("log", "log(x)", "1.0 / x"),
    textbook("log1p", "log(1.0 + x)", "1.0 / (1.0 + x)"),
    textbook("sqrt", "sqrt(x)", "0.5 / sqrt(x)"),
    textbook("rsqrt", "inverseSqrt(x)", "-0.5 * cube(inverseSqrt(x))"),
    textbook("recip", "1.0 / x", "-1.0 / (x * x)"),
    textbook("erf", "erf(x)", "1.12837917 * exp(-x * x)"),
    textbook(
        "hardsigmoid",
        "clamp(slope * x + offset, 0.0, 1.0)",
        "select(0.0, slope, abs(slope * x + offset - 0.5) < 0.5)",
    ),
    textbook(
        "hardswish",
        "x * clamp(x + 3.0, 0.0, 6.0) / 6.0",
        "select((2.0 * x + 3.0) / 6.0, select(0.0, 1.0, x > 0.0), abs(x) >= 3.0)",
    ),
];
