//! Compares the counts of kernels with those that are allowed.

use std::path::Path;

use anyhow::{Result, bail};

use crate::counts::{Counts, Table};

/// A kernel may grow by this many percent.
const GROWTH: u64 = 3;

/// Fails if a kernel spills more registers than allowed, runs in narrower groups, has grown, or is not
/// in both tables. Only the latter is compared of counts by another version of the compiler.
pub fn compare(allowed_path: &Path, counted_path: &Path) -> Result<()> {
    let (allowed, counted) = (Table::read(allowed_path)?, Table::read(counted_path)?);
    let mut faults = Vec::new();
    // Another version of a compiler makes other code of the same kernel.
    let is_same_compiler = allowed.compiler == counted.compiler;
    if !is_same_compiler {
        println!(
            "note: {} is of {}, and this is {}: the counts are not compared.",
            allowed_path.display(),
            allowed.compiler,
            counted.compiler
        );
    }
    for (name, now) in &counted.kernels {
        match allowed.kernels.get(name) {
            Some(_) if !is_same_compiler => {}
            Some(then) => faults.extend(worse(then, now).map(|fault| format!("{name}: {fault}"))),
            None => faults.push(format!("{name}: it is not in the table")),
        }
    }
    for name in allowed.kernels.keys() {
        if !counted.kernels.contains_key(name) {
            faults.push(format!(
                "{name}: it is in the table, but there is no such kernel"
            ));
        }
    }
    if faults.is_empty() {
        println!(
            "{} kernels are as in {}.",
            counted.kernels.len(),
            allowed_path.display()
        );
        return Ok(());
    }
    for fault in &faults {
        eprintln!("{fault}");
    }
    bail!(
        "{} differences from {}: see above. If this is meant, run `make instructions`, and \
         commit what it writes",
        faults.len(),
        allowed_path.display()
    )
}

fn worse<'a>(then: &'a Counts, now: &'a Counts) -> impl Iterator<Item = String> + 'a {
    let grown = [
        ("instructions", then.instructions, now.instructions),
        ("clocks", then.clocks, now.clocks),
    ];
    let grown = grown.into_iter().filter_map(|(what, then, now)| {
        let percent = 100.0 * (now as f64 / then as f64 - 1.0);
        (100 * now > (100 + GROWTH) * then)
            .then(|| format!("{now} {what}, {percent:.1} % more than the table's {then}"))
    });
    let spills = (now.spills > then.spills).then(|| {
        let (now, then) = (now.spills, then.spills);
        format!("{now} spilled registers, where the table has {then}")
    });
    let narrower = (now.width < then.width).then(|| {
        let (now, then) = (now.width, then.width);
        format!("{now} invocations run together, where the table has {then}")
    });
    grown.chain(spills).chain(narrower)
}
