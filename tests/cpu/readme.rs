//! The README's table is the list's.

use wgpu_activations::{Activation, AxisFunction};

#[test]
fn the_table_has_a_row_for_each_activation() {
    let readme = include_str!("../../README.md");
    for activation in Activation::ALL {
        let info = activation.info();
        let learnable = info
            .parameters
            .iter()
            .filter(|parameter| parameter.is_learnable());
        let learned: Vec<_> = learnable.map(|parameter| parameter.name).collect();
        let learned = if learned.is_empty() {
            String::new()
        } else {
            format!("; learns {}", learned.join(", "))
        };
        let cells =
            [info.formula, info.derivative, info.kinks].map(|cell| cell.replace('|', "\\|"));
        let row =
            format!("| `{activation}`{learned} | {} |", cells.join(" | ")).replace("|  |", "| |");
        assert!(readme.contains(&row), "README.md lacks the row\n{row}");
    }
}

#[test]
fn the_table_has_a_row_for_each_function_along_an_axis() {
    let readme = include_str!("../../README.md");
    for function in AxisFunction::ALL {
        let info = function.info();
        let cells =
            [info.formula, info.derivative, info.conventions].map(|cell| cell.replace('|', "\\|"));
        let row = format!("| `{function}` | {} |", cells.join(" | "));
        assert!(readme.contains(&row), "README.md lacks the row\n{row}");
    }
}
