//! The recipes of docs/expressions.md.

use wgpu_activations::Expression;

use super::values::check_within;
use crate::support::gpu;

/// Operands with a value for each element. All others have one for each channel.
const WHOLE: [&str; 14] = [
    "x", "residual", "value", "g", "f", "i", "o", "c", "z", "r", "h", "n_x", "n_h", "gate",
];

/// The texts in the fences of this kind.
fn blocks(kind: &str) -> Vec<String> {
    let page = include_str!("../../../docs/expressions.md");
    let fence = format!("```{kind}\n");
    let fences = page.split(&fence).skip(1);
    let blocks = fences.filter_map(|rest| rest.split_once("```"));
    blocks.map(|(block, _)| block.trim().to_owned()).collect()
}

#[test]
fn each_recipe_is_computed_and_differentiated() {
    let recipes = blocks("text");
    assert!(recipes.len() >= 15, "{recipes:?}");
    for recipe in recipes {
        let expression: Expression = recipe.parse().unwrap_or_else(|error| panic!("{error}"));
        let printed = expression.to_string();
        assert_eq!(printed.parse(), Ok(expression.clone()), "{printed}");
        let shape = |name: &String| match WHOLE.contains(&name.as_str()) {
            true => &[6, 20][..],
            false => &[20],
        };
        let operands = expression.operands().iter();
        let operands: Vec<_> = operands.map(|name| (name.as_str(), shape(name))).collect();
        // exp(alpha) is up to 12, and multiplies the rounding of the argument of sin.
        let factor = if recipe.contains("exp(") { 16.0 } else { 1.0 };
        check_within(gpu(), &recipe, &operands, factor);
    }
}

/// The better forms are the same functions.
#[test]
fn better_forms_have_the_same_values() {
    let page = include_str!("../../../docs/expressions.md");
    let (_, table) = page.split_once("| instead of |").expect("the table");
    let mut rows = 0;
    for row in table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
    {
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        let texts = [cells[1], cells[2]].map(|cell| cell.split("`, `").collect::<Vec<_>>());
        for (worse, better) in texts[0].iter().zip(&texts[1]) {
            let value = |text: &str, x: f64| {
                let text = text.trim_matches('`');
                let expression: Expression = text.parse().unwrap_or_else(|error| panic!("{error}"));
                expression.evaluate(|_| x)
            };
            for x in [-0.75, 0.5, 2.0] {
                let (worse, better) = (value(worse, x), value(better, x));
                let is_near = (worse - better).abs() <= 1e-6 * (1.0 + better.abs());
                assert!(is_near || worse.is_nan(), "{row}: {worse} and {better}");
            }
            rows += 1;
        }
    }
    assert!(rows >= 7);
}
