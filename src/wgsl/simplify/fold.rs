//! What is known of an expression before it runs. Sums and products are computed only where the
//! result is exact, so that no rounding is lost.

use super::syntax::Expr;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    U32(u32),
    F32(f32),
}

impl Value {
    /// The literal.
    pub(super) fn literal(self) -> Expr {
        match self {
            Self::Bool(value) => Expr::name(value.to_string()),
            Self::U32(value) if value < 1024 => Expr::Number(format!("{value}u")),
            Self::U32(value) => Expr::Number(format!("{value:#x}u")),
            Self::F32(value) if value.is_sign_negative() => {
                Expr::Unary('-', Box::new(Self::F32(-value).literal()))
            }
            // With its type, so that an operation on it is one of f32.
            Self::F32(value) => Expr::Number(format!("{value:?}f")),
        }
    }

    /// The value of a literal.
    pub(super) fn of(literal: &Expr) -> Option<Self> {
        match literal {
            Expr::Name(name) => name.parse().map(Self::Bool).ok(),
            Expr::Unary('-', inner) => match Self::of(inner)? {
                Self::F32(value) => Some(Self::F32(-value)),
                _ => None,
            },
            Expr::Number(text) => {
                if let Some(digits) = text.strip_suffix('u') {
                    return match digits.strip_prefix("0x") {
                        Some(digits) => u32::from_str_radix(digits, 16),
                        None => digits.parse(),
                    }
                    .map(Self::U32)
                    .ok();
                }
                let is_float = !text.starts_with("0x") && text.contains(['.', 'e', 'f']);
                let digits = text.trim_end_matches('f');
                crate::text::parse_number(digits)
                    .filter(|_| is_float)
                    .map(Self::F32)
            }
            _ => None,
        }
    }
}

/// True if WGSL refuses the operation on known values, since the result is no number.
pub(super) fn is_refused(operation: &Expr, parts: &[Value]) -> bool {
    let result = match (operation, parts) {
        (Expr::Call(name, _), [Value::U32(bits)]) if name == "bitcast<f32>" => {
            f32::from_bits(*bits)
        }
        (Expr::Binary("+", ..), [Value::F32(a), Value::F32(b)]) => a + b,
        (Expr::Binary("-", ..), [Value::F32(a), Value::F32(b)]) => a - b,
        (Expr::Binary("*", ..), [Value::F32(a), Value::F32(b)]) => a * b,
        (Expr::Binary("/" | "%", ..), [Value::F32(a), Value::F32(b)]) => a / b,
        _ => return false,
    };
    !result.is_finite()
}

/// The value of an operation on known values.
pub(super) fn value(operation: &Expr, parts: &[Value]) -> Option<Value> {
    use Value::{Bool, F32, U32};
    Some(match (operation, parts) {
        (Expr::Unary('!', _), [Bool(x)]) => Bool(!x),
        (Expr::Unary('~', _), [U32(x)]) => U32(!x),
        (Expr::Binary(operator, ..), [U32(a), U32(b)]) => match *operator {
            "+" => U32(a.wrapping_add(*b)),
            "-" => U32(a.wrapping_sub(*b)),
            "&" => U32(a & b),
            "|" => U32(a | b),
            "^" => U32(a ^ b),
            "<<" => U32(a.checked_shl(*b)?),
            ">>" => U32(a.checked_shr(*b)?),
            operator => Bool(compare(operator, a, b)?),
        },
        (Expr::Binary(operator, ..), [F32(a), F32(b)]) => {
            let [wide_a, wide_b] = [*a, *b].map(f64::from);
            match *operator {
                "+" => exact(wide_a + wide_b)?,
                "-" => exact(wide_a - wide_b)?,
                "*" => exact(wide_a * wide_b)?,
                operator => Bool(compare(operator, a, b)?),
            }
        }
        (Expr::Binary(operator, ..), [Bool(a), Bool(b)]) => Bool(match *operator {
            "&" => *a & *b,
            "|" => *a | *b,
            operator => compare(operator, a, b)?,
        }),
        (Expr::Call(name, _), parts) => match (&**name, parts) {
            ("bitcast<u32>", [F32(x)]) => U32(x.to_bits()),
            // A number from bits stays what it is: compilers treat operations on a literal in another
            // way, with other roundings.
            ("abs", [F32(x)]) => F32(x.abs()),
            ("min", [U32(a), U32(b)]) => U32(*a.min(b)),
            ("max", [U32(a), U32(b)]) => U32(*a.max(b)),
            _ => return None,
        },
        _ => return None,
    })
}

/// The expression with the values of what is known in it.
pub(super) fn all(expr: Expr) -> Expr {
    let expr = expr.with_parts(&mut all);
    let values: Option<Vec<_>> = expr.parts().into_iter().map(Value::of).collect();
    let value = values.and_then(|values| value(&expr, &values));
    value.map_or(expr, Value::literal)
}

/// A result of f64 that f32 holds, and no device flushes.
fn exact(wide: f64) -> Option<Value> {
    let narrow = wide as f32;
    let is_exact = f64::from(narrow) == wide && (narrow.is_normal() || wide == 0.0);
    is_exact.then_some(Value::F32(narrow))
}

fn compare<T: PartialOrd>(operator: &str, a: &T, b: &T) -> Option<bool> {
    Some(match operator {
        "==" => a == b,
        "!=" => a != b,
        "<" => a < b,
        "<=" => a <= b,
        ">" => a > b,
        ">=" => a >= b,
        _ => return None,
    })
}
