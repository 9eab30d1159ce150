//! The documents repeat what is in the code: README.md an example, docs/activations.md the lists.

use std::env;
use std::fs;

use wgpu_activations::{Activation, AxisFunction, Glu};

const PAGE: &str = "docs/activations.md";

#[test]
fn the_readme_shows_the_quick_start() {
    let code = format!(
        "```rust\n{}```",
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/examples/quickstart.rs"
        ))
    );
    let readme = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));
    assert!(
        readme.contains(&code),
        "README.md and examples/quickstart.rs differ"
    );
}

#[test]
fn the_page_of_functions_has_what_the_lists_have() {
    let page = fs::read_to_string(PAGE).expect("the page");
    let tables = [
        ("activations", activations()),
        ("gated units", gated_units()),
        ("axis functions", axis_functions()),
    ];
    let wanted = tables.iter().fold(page.clone(), |page, (name, table)| {
        let [begin, end] = [format!("<!-- {name} -->\n"), format!("<!-- /{name} -->")];
        let (before, rest) = page.split_once(&begin).expect("a place for the table");
        let (_, after) = rest.split_once(&end).expect("the end of the table's place");
        format!("{before}{begin}{table}{end}{after}")
    });
    if env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(PAGE, wanted).expect("the page, written");
    }
    assert!(
        page == wanted,
        "{PAGE} is stale: run `UPDATE_DOCS=1 cargo test --test cpu readme`"
    );
}

fn activations() -> String {
    let rows = Activation::ALL.iter().map(|activation| {
        let info = activation.info();
        let parameters = info.parameters.iter();
        let learned: Vec<_> = parameters
            .filter(|parameter| parameter.is_learnable())
            .map(|p| p.name)
            .collect();
        let learns = if learned.is_empty() { "" } else { "; learns " };
        let either = match info.from_output {
            Some(_) => "; gradient also from y",
            None => "",
        };
        let name = format!("`{activation}`{learns}{}{either}", learned.join(", "));
        [
            name,
            also(info.aliases),
            info.formula.into(),
            info.derivative.into(),
            info.kinks.into(),
        ]
    });
    table(["name", "also", "f(x)", "f'(x)", "at kinks"], rows)
}

/// The names that other libraries have for a function.
fn also(aliases: &[&str]) -> String {
    let aliases = aliases.iter().map(|alias| format!("`{alias}`"));
    aliases.collect::<Vec<_>>().join(", ")
}

fn gated_units() -> String {
    table(
        ["name", "also", "of a value and a gate"],
        Glu::NAMED
            .iter()
            .map(|unit| [format!("`{unit}`"), also(unit.aliases()), unit.formula()]),
    )
}

fn axis_functions() -> String {
    let rows = AxisFunction::ALL.iter().map(|function| {
        let info = function.info();
        let cells = [info.formula, info.derivative, info.conventions].map(str::to_owned);
        let [formula, derivative, conventions] = cells;
        let name = format!("`{function}`");
        [name, also(info.aliases), formula, derivative, conventions]
    });
    table(["name", "also", "f(x)", "gradient", "conventions"], rows)
}

/// A table in Markdown. Without escapes, the bars of `|x|` would end a cell.
fn table<const N: usize>(heading: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let heading = [
        heading.map(str::to_owned),
        heading.map(|_| "---".to_owned()),
    ];
    let rows = rows.map(|cells| cells.map(|cell| cell.replace('|', "\\|")));
    heading
        .into_iter()
        .chain(rows)
        .map(|cells| format!("| {} |\n", cells.join(" | ")))
        .collect()
}
