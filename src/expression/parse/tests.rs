use super::MOST_NODES;
use crate::Expression;

fn parsed(text: &str) -> Expression {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn texts_that_mean_the_same() {
    for (text, same) in [
        ("silu", "silu(x)"),
        ("elu(alpha=0.5)", "elu(x, alpha=0.5)"),
        ("elu(0.5)", "elu(x, 0.5)"),
        ("GELU(approximate='tanh')", "gelu(x, approximate=tanh)"),
        ("gelu(x, tanh)", "gelu(x, approximate=\"tanh\")"),
        (
            "LeakyReLU(a * b, 0.2, inplace=True)",
            "leaky_relu(a * b, negative_slope=0.2)",
        ),
        ("HardSigmoid(x + 1)", "hardsigmoid(x + 1, slope=0.2)"),
        ("clamp(x, 0, max=6)", "hardtanh(x, min_val=0, max_val=6)"),
        ("clamp(x, max=a)", "clamp(x, -inf, a)"),
        ("gate(v, silu)", "gate(v, silu(x))"),
        ("gate(v, elu(alpha=2))", "gate(v, activation=elu(x, 2))"),
        ("max(a, b, c)", "max(max(a, b), c)"),
        ("where(a > b, a, b)", "select(b < a, a, b)"),
        ("detach(a)", "stop_gradient(a)"),
        ("dropout(x)", "dropout(x, p=0.5, call=0)"),
        ("a - b - c * d / e", "(a - b) - ((c * d) / e)"),
        ("-x ^ 2", "-(x * x)"),
        ("x ^ 6", "(x * x * x) * (x * x * x)"),
        ("x ^ -3", "1 / (x * x * x)"),
        ("a * x ^ 0", "a"),
        ("2 * 3 * x", "6 * x"),
        ("--x + - - -a", "x + -a"),
    ] {
        assert_eq!(parsed(text), parsed(same), "{text}");
    }
}

#[test]
fn an_operand_may_have_the_name_of_a_function() {
    let expression = parsed("gate + scale * silu - max");
    assert_eq!(expression.operands(), ["gate", "scale", "silu", "max"]);
    assert_eq!(parsed("(silu)").operands(), ["silu"]);
}

#[test]
fn errors_show_the_place() {
    for (text, message) in [
        (
            "  ",
            "the text is empty: write an expression, as `gelu(x + bias) * gate`",
        ),
        ("x +", "a value is missing before the end\n  x +\n     ^"),
        (
            "x * * y",
            "a value is missing before `*`\n  x * * y\n      ^",
        ),
        ("x y", "an operator is missing before `y`\n  x y\n    ^"),
        (
            "(x + y",
            "a closing parenthesis is missing before the end\n  (x + y\n  ^",
        ),
        (
            "x + y)",
            "an opening parenthesis is missing before `)`\n  x + y)\n       ^",
        ),
        (
            "max(x, y",
            "a closing parenthesis is missing before the end\n  max(x, y\n     ^",
        ),
        (
            "max(x y)",
            "an operator, `,` or `)` is missing before `y`\n  max(x y)\n        ^",
        ),
        (
            "x = 2",
            "`==`, which compares, is missing before `=`\n  x = 2\n    ^",
        ),
        (
            "2x",
            "`2x` is no number: write a product with `*`\n  2x\n  ^^",
        ),
        ("1.2.3", "`1.2.3` is no number\n  1.2.3\n  ^^^^^"),
        (
            "a × b",
            "`×` is in no expression: write a product with `*`\n  a × b\n    ^",
        ),
        (
            "x ^ 2.5",
            "a power must be a whole number from -64 to 64, got `2.5`\n  x ^ 2.5\n      ^^^",
        ),
        (
            "x ^ -65",
            "a power must be a whole number from -64 to 64, got `-65`\n  x ^ -65\n      ^^^",
        ),
        (
            "x ^ y",
            "a power must be a whole number from -64 to 64, got `y`\n  x ^ y\n      ^",
        ),
        (
            "x ^ 2 ^ 3",
            "a power of a power needs parentheses: `(x ^ 2) ^ 3`\n  x ^ 2 ^ 3\n        ^",
        ),
        (
            "a < b < c",
            "comparisons cannot be chained: compare apart, and multiply: \
             `(a < b) * (b < c)`\n  a < b < c\n        ^",
        ),
        (
            "x * sigmiod(x)",
            "there is no function `sigmiod`: did you mean `sigmoid`?\n  \
             x * sigmiod(x)\n      ^^^^^^^",
        ),
        (
            "clmap(x, 1, 2)",
            "there is no function `clmap`: did you mean `clamp`?\n  clmap(x, 1, 2)\n  ^^^^^",
        ),
        (
            "swiglu(x, g)",
            "`swiglu` is a gated unit, which an expression writes as \
             `gate(value, activation)`\n  swiglu(x, g)\n  ^^^^^^",
        ),
        (
            "1 + softmax(x)",
            "`softmax` is a function along an axis, but expressions compute each element \
             apart\n  1 + softmax(x)\n      ^^^^^^^",
        ),
        (
            "x + frobnicate(x)",
            "there is no function `frobnicate`: `Activation::list()` and \
             docs/activations.md have all\n  x + frobnicate(x)\n      ^^^^^^^^^^",
        ),
        (
            "1 + elu()",
            "elu has no value: write `elu(x, alpha)`\n  1 + elu()\n      ^^^^^",
        ),
        (
            "1 + relu(alpha=2)",
            "relu has no parameter `alpha`: it takes no parameters\n  \
             1 + relu(alpha=2)\n           ^^^^^^^",
        ),
        (
            "elu(x, 1, 2)",
            "elu has no parameter for `2`: it takes alpha\n  elu(x, 1, 2)\n            ^",
        ),
        (
            "elu(x, alpha=1, alpha=a)",
            "elu: alpha is given twice\n  elu(x, alpha=1, alpha=a)\n                  ^^^^^^^",
        ),
        (
            "elu(x, )",
            "a value is missing before `)`\n  elu(x, )\n         ^",
        ),
        (
            "gelu(x, approximate=fast)",
            "gelu: approximate must be none or tanh, got `fast`\n  \
             gelu(x, approximate=fast)\n          ^^^^^^^^^^^^^^^^",
        ),
        (
            "rrelu(x, upper=0, lower=0.5)",
            "rrelu: lower must be a number from -3.4028235e38 to 0.0, the value of upper, \
             got 0.5\n  rrelu(x, upper=0, lower=0.5)\n                    ^^^^^^^^^",
        ),
        (
            "softplus(x, threshold=t)",
            "softplus: threshold must be a number, since it cannot be learned\n  \
             softplus(x, threshold=t)\n              ^^^^^^^^^^^",
        ),
        (
            "select(a, b)",
            "select lacks `b`: write `select(condition, a, b)`\n  select(a, b)\n  ^^^^^^^^^^^^",
        ),
        (
            "select(a, b, c, d)",
            "select has no argument for `d`: write `select(condition, a, b)`\n  \
             select(a, b, c, d)\n                  ^",
        ),
        (
            "clamp(x)",
            "clamp needs `min` or `max`: write `clamp(x, min, max)`\n  clamp(x)\n  ^^^^^^^^",
        ),
        (
            "clamp(x, low=1)",
            "clamp has no argument `low`: write `clamp(x, min, max)`\n  \
             clamp(x, low=1)\n           ^^^",
        ),
        (
            "dropout(x, p=1.5)",
            "dropout: p must be a number from 0 to 1, got `1.5`: write `dropout(a, p=0.5)`\n  \
             dropout(x, p=1.5)\n               ^^^",
        ),
    ] {
        let error = text
            .parse::<Expression>()
            .map_err(|error| error.to_string());
        assert_eq!(error, Err(message.to_owned()), "{text}");
    }
}

#[test]
fn long_and_deep_texts_are_read_or_refused() {
    let nested = |open: &str, depth| {
        let text = format!("{}x{}", open.repeat(depth), ")".repeat(depth));
        let parsed = text.parse::<Expression>();
        parsed
            .map(|expression| expression.to_string())
            .map_err(|error| error.kind.to_string())
    };
    let too_deep = Err("parentheses are nested more than 100 deep".to_owned());
    assert_eq!(nested("(", 100), Ok("x".to_owned()));
    for open in ["(", "relu(", "max(1, ", "-("] {
        assert!(nested(open, 100).is_ok());
        assert_eq!(nested(open, 101), too_deep);
        assert_eq!(nested(open, 100_000), too_deep);
    }
    let sum = |terms: usize| {
        let terms: Vec<_> = (0..terms).map(|term| format!("x * {term}.5")).collect();
        terms.join(" + ").parse::<Expression>()
    };
    let long = sum(MOST_NODES / 3 - 1).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(long.to_string().parse(), Ok(long));
    let error = sum(MOST_NODES).map_err(|error| error.kind.to_string());
    let refused = "an expression has at most 10000 operands, numbers and functions".to_owned();
    assert_eq!(error.map(|_| ()), Err(refused));
    assert_eq!(parsed(&format!("{}x", "-".repeat(100_001))), parsed("-x"));
}
