//! What a kernel along an axis has of an element: a struct with a field for each thing that is read
//! at its place, and how four of them are read at once.

use super::key::{AxisOptions, Function, KernelKey, Op};
use crate::axis::Reduction;

/// Something of an element, and of four neighbours.
struct Value {
    one: String,
    four: String,
}

impl Value {
    /// An operand that is read by vectors where there are vectors.
    fn of(operand: &str) -> Self {
        Self {
            one: format!("{operand}_element(i)"),
            four: format!("{operand}_four(i)"),
        }
    }

    /// An operand that may be laid out in any way.
    fn by_elements(operand: &str) -> Self {
        let four = [0, 1, 2, 3].map(|k| format!("{operand}_element(i + {k}u)"));
        Self {
            one: format!("{operand}_element(i)"),
            four: format!("vec4<f32>({})", four.join(", ")),
        }
    }

    /// Random words.
    fn words(purpose: &str) -> Self {
        Self {
            one: format!("word(i, {purpose})"),
            four: format!("words(i, {purpose})"),
        }
    }

    fn number(number: &str) -> Self {
        Self {
            one: number.to_owned(),
            four: format!("vec4<f32>({number})"),
        }
    }

    /// A function of these.
    fn call<const N: usize>(function: &str, arguments: [Self; N]) -> Self {
        let list = |of: fn(&Self) -> &str| arguments.each_ref().map(of).join(", ");
        Self {
            one: format!("{function}({})", list(|value| &value.one)),
            four: format!("{function}_vec4({})", list(|value| &value.four)),
        }
    }
}

/// The struct `Element` and the functions that make one, but for kernels that read none.
pub(super) fn text(key: &KernelKey, reduction: Reduction) -> String {
    let fields = match reduction {
        Reduction::Nothing => return String::new(),
        Reduction::Exponentials | Reduction::Maxima | Reduction::Threshold => fields_of_x(key),
        Reduction::Gradients
        | Reduction::Tangents
        | Reduction::TwoSums
        | Reduction::WeightedMean => fields_of_gradients(key),
    };
    let list = |separator: &str, of: &dyn Fn(&(&str, Value)) -> String| {
        fields.iter().map(of).collect::<Vec<_>>().join(separator)
    };
    let members = list(", ", &|(name, _)| format!("{name}: f32"));
    let one = list(", ", &|(_, value)| value.one.clone());
    let four = list(", ", &|(_, value)| value.four.clone());
    let joined = list(", ", &|(name, _)| {
        format!("vec4<f32>(a.{name}, b.{name}, c.{name}, d.{name})")
    });
    let with = |changed: &str, value: &str| {
        list(", ", &|(name, _)| match *name == changed {
            true => value.to_owned(),
            false => format!("e.{name}"),
        })
    };
    let excluded = with("value", "only_if(e.value, counts)");
    let shared = with("share", "share");
    format!(
        "struct Element {{ {members} }}
fn element(i: u32) -> Element {{ return Element({one}); }}
fn aligned_four(i: u32) -> Element_vec4 {{ return Element_vec4({four}); }}
fn joined(a: Element, b: Element, c: Element, d: Element) -> Element_vec4 {{ return Element_vec4({joined}); }}
fn excluded_unless(e: Element, counts: bool) -> Element {{ return Element({excluded}); }}
fn with_share(e: Element, share: f32) -> Element {{ return Element({shared}); }}
"
    )
}

/// The logit, from x, and the factor of dropout.
fn fields_of_x(key: &KernelKey) -> Vec<(&'static str, Value)> {
    let AxisOptions {
        is_capped,
        has_noise,
        ..
    } = key.axis_options();
    let mut value = Value::call("negated", [Value::of("x")]);
    if is_capped {
        value = Value::call("capped", [value]);
    }
    for mask in ["mask", "boolean_mask"] {
        if key.has_operand(mask) {
            value = Value::call(&format!("with_{mask}"), [value, Value::by_elements(mask)]);
        }
    }
    if has_noise {
        value = Value::call("with_noise", [value, Value::words("FOR_ACTIVATION")]);
    }
    let mut fields = vec![("value", value)];
    if key.has_operand("dropped") {
        fields.push(("keep", keep()));
    }
    if matches!(key.function, Function::CrossEntropy(_)) {
        let weight = match key.has_operand("weight") {
            true => Value::by_elements("weight"),
            false => Value::number("1.0"),
        };
        fields.push(("share", weight));
    }
    fields.extend(slope(key));
    fields
}

/// What is saved, the gradient, what the first step of double backward has left in the output,
/// always as f32, and the derivative of a cap.
fn fields_of_gradients(key: &KernelKey) -> Vec<(&'static str, Value)> {
    let AxisOptions { drops, .. } = key.axis_options();
    let mut grad_output = Value::of("grad_output");
    if drops {
        grad_output = Value::call("scaled", [keep(), grad_output]);
    }
    let mut fields = vec![("saved", Value::of("y")), ("grad_output", grad_output)];
    if key.op == Op::DoubleBackward {
        fields.push(("t", Value::of("output")));
    }
    fields.extend(slope(key));
    fields
}

/// The derivative of the cap, which gradients are multiplied by.
fn slope(key: &KernelKey) -> Option<(&'static str, Value)> {
    let x = match key.function {
        Function::CrossEntropy(_) => "x",
        _ => "input",
    };
    let slope = || ("slope", Value::call("cap_derivative", [Value::of(x)]));
    has_slope(key).then(slope)
}

pub(super) fn has_slope(key: &KernelKey) -> bool {
    key.op == Op::Backward && key.axis_options().is_capped
}

fn keep() -> Value {
    Value::call("dropout_factor", [Value::words("FOR_DROPOUT")])
}
