//! Names of other libraries: each means here what it means there. `scripts/names.py` writes the
//! file of what those libraries compute.

use std::collections::BTreeSet;

use wgpu_activations::{Activation, AxisFunction, AxisShape, FunctionKind, Glu, ParseError};

/// A line of the file: a library, the kind of function, a text, inputs and results.
struct Line {
    library: String,
    kind: String,
    text: String,
    input: Vec<f64>,
    output: Vec<f64>,
}

fn lines() -> Vec<Line> {
    let numbers = |text: &str| {
        let numbers = text
            .split(' ')
            .map(|number| number.parse().expect("a number"));
        numbers.collect()
    };
    let mut file = csv::Reader::from_path("tests/names.csv").expect("the file");
    let rows = file.records().map(|row| {
        let row = row.expect("a line");
        Line {
            library: row[0].to_owned(),
            kind: row[1].to_owned(),
            text: row[2].to_owned(),
            input: numbers(&row[3]),
            output: numbers(&row[4]),
        }
    });
    rows.collect()
}

/// The results of a line's function here.
fn compute(line: &Line) -> Result<Vec<f64>, ParseError> {
    let x = &line.input;
    Ok(match line.kind.as_str() {
        "activation" => {
            let activation: Activation = line.text.parse()?;
            x.iter().map(|&x| activation.forward(x)).collect()
        }
        "glu" => {
            let unit: Glu = line.text.parse()?;
            let pairs = x.chunks_exact(2);
            pairs.map(|pair| unit.forward(pair[0], pair[1])).collect()
        }
        _ => {
            let function: AxisFunction = line.text.parse()?;
            let row = AxisShape::along(&[x.len()], 0).expect("a row");
            function.forward(row, x).expect("results")
        }
    })
}

#[test]
fn names_mean_here_what_they_mean_there() {
    for mut line in lines() {
        let Line { library, text, .. } = &line;
        let named = format!("{library}'s {text}");
        // The axis that PyTorch prints is given apart.
        if let Some((name, _)) = text.split_once("(dim=") {
            let error = compute(&line).expect_err(&named);
            assert!(matches!(error, ParseError::Axis { .. }), "{named}: {error}");
            line.text = name.to_owned();
        }
        let computed = compute(&line).unwrap_or_else(|error| panic!("{named}: {error}"));
        assert_eq!(computed.len(), line.output.len(), "{named}");
        // ONNX's operators have constants in f32, and some are computed in f32, there with terms
        // of the size of x that cancel. Each is rounded by at most 2^-24, and results of
        // different functions differ by far more.
        let largest = line.input.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
        for (i, (ours, theirs)) in computed.iter().zip(&line.output).enumerate() {
            let x = if line.kind == "activation" {
                line.input[i].abs()
            } else {
                largest
            };
            let allowed = 2.0_f64.powi(-23) * (x + theirs.abs());
            assert!(
                (ours - theirs).abs() <= allowed,
                "{named}, {i}: {ours}, but there {theirs}"
            );
        }
    }
}

/// The names of [`Glu::NAMED`].
const GATED_UNITS: [&str; 8] = [
    "glu",
    "reglu",
    "geglu",
    "geglu",
    "swiglu",
    "bilinear",
    "swiglu_oai",
    "situglu",
];

/// The names and the aliases of all functions.
fn all_names() -> Vec<(&'static str, &'static [&'static str])> {
    let activations = Activation::list()
        .iter()
        .map(|info| (info.text_name, info.aliases));
    let functions = AxisFunction::list()
        .iter()
        .map(|info| (info.name, info.aliases));
    let units = GATED_UNITS.into_iter().zip(Glu::NAMED.map(Glu::aliases));
    activations.chain(functions).chain(units).collect()
}

fn name(declaration: &str) -> &str {
    declaration.split('(').next().unwrap_or_default()
}

#[test]
fn each_alias_is_held_to_its_library() {
    let lines = lines();
    let held: BTreeSet<_> = lines.iter().map(|line| name(&line.text)).collect();
    let own: BTreeSet<_> = all_names().iter().map(|(name, _)| *name).collect();
    let mut seen = BTreeSet::new();
    for alias in all_names().iter().flat_map(|(_, aliases)| *aliases) {
        let alias = name(alias);
        assert!(held.contains(alias), "tests/names.csv lacks {alias}");
        assert!(
            !own.contains(alias) && seen.insert(alias),
            "{alias} has two meanings"
        );
    }
}

/// Names whose libraries have other defaults.
const OTHER_DEFAULTS: [&str; 3] = ["HardSigmoid", "ThresholdedRelu", "ThresholdedReLU"];

#[test]
fn defaults_are_the_same_bits() {
    for &activation in Activation::ALL {
        for alias in activation.info().aliases.iter().map(|alias| name(alias)) {
            let is_other = OTHER_DEFAULTS.contains(&alias);
            assert_eq!(alias.parse() != Ok(activation), is_other, "{alias}");
        }
    }
}

#[test]
fn names_of_other_kinds_are_known() {
    let functions = AxisFunction::list()
        .iter()
        .map(|info| (info.name, info.aliases));
    let functions = functions.map(|names| (names, FunctionKind::AlongAxis));
    let units = GATED_UNITS.into_iter().zip(Glu::NAMED.map(Glu::aliases));
    let units = units.map(|names| (names, FunctionKind::Glu));
    for ((own, aliases), kind) in functions.chain(units) {
        for name in aliases.iter().map(|alias| name(alias)).chain([own]) {
            let error = name.parse::<Activation>().expect_err(name);
            let ParseError::UnknownName { nearest, .. } = error else {
                panic!("{error}");
            };
            assert_eq!(nearest, Some((name, kind)));
        }
    }
}

#[test]
fn names_of_wgsl_functions_are_names() {
    for &activation in Activation::ALL {
        assert_eq!(activation.info().name.parse(), Ok(activation));
    }
}
