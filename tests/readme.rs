//! The README's table is the list's.

use wgpu_activations::Activation;

#[test]
fn the_table_has_a_row_for_each_activation() {
    let readme = include_str!("../README.md");
    for activation in Activation::ALL {
        let info = activation.info();
        let learned = if activation.parameter_derivative(0.0).is_some() { ", learned" } else { "" };
        let cells = [info.formula, info.derivative, info.kinks].map(|cell| cell.replace('|', "\\|"));
        let row = format!("| `{activation}`{learned} | {} |", cells.join(" | ")).replace("|  |", "| |");
        assert!(readme.contains(&row), "README.md lacks the row\n{row}");
    }
}
