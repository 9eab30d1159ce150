//! Kernels of rows, or of blocks of rows, that one thread holds in registers: each element is read
//! once, and there are no loops.

use super::key::{AxisStage, Held, HeldLanes};

/// The names of the four lanes.
const LANES: [&str; 4] = ["x", "y", "z", "w"];

/// The entry point `held`. Needs element(), or aligned_four(), an accumulator, and what the stage
/// makes of it.
pub(super) fn text(held: Held, stage: AxisStage, is_16_bit: bool) -> String {
    let writer = Writer {
        held,
        stage,
        is_16_bit,
    };
    let (loads, stats, stores) = (writer.loads(), writer.stats(), writer.stores());
    // A thread too many loads what the last one loads, since software drivers load lane by lane
    // behind a branch.
    format!(
        "@compute @workgroup_size(WORKGROUP)
fn held(@builtin(global_invocation_id) id: vec3<u32>) {{
  let index = dispatch_index(id);
  let p = place(min(index, uniforms.count - 1u));
{loads}{stats}  if (index < uniforms.count) {{
{stores}  }}
}}
"
    )
}

struct Writer {
    held: Held,
    stage: AxisStage,
    is_16_bit: bool,
}

impl Writer {
    fn each(&self, of: impl Fn(u32) -> String) -> String {
        (0..u32::from(self.held.count)).map(of).collect()
    }

    /// The name of a function, for four lanes if there are vectors.
    fn of_lanes(&self, function: &str) -> String {
        match self.held.lanes {
            HeldLanes::One => function.to_owned(),
            _ => format!("{function}_vec4"),
        }
    }

    /// The place of an element, or of a vector.
    fn place(&self, k: u32) -> String {
        match self.held.lanes {
            HeldLanes::Row => format!("p.first + {}u", 4 * k),
            _ => format!("p.first + {k}u * uniforms.stride"),
        }
    }

    /// The index along the axis.
    fn index(&self, k: u32) -> String {
        match self.held.lanes {
            HeldLanes::One => format!("p.start + {k}u"),
            HeldLanes::Row => format!("p.start + neighbours({}u)", 4 * k),
            HeldLanes::Columns => format!("vec4<u32>(p.start + {k}u)"),
        }
    }

    /// Past the end of a shorter block its last element is read again, which does not count.
    fn loads(&self) -> String {
        let function = match self.held.lanes {
            HeldLanes::One => "element",
            _ => "aligned_four",
        };
        self.each(|k| {
            let place = match self.held.is_even {
                true => self.place(k),
                false => format!("p.first + min({k}u, p.count - 1u) * uniforms.stride"),
            };
            format!("  let e{k} = {function}({place});\n")
        })
    }

    /// The terms of the elements, `t0` and so on, and the statistics of the row, `found`.
    fn stats(&self) -> String {
        let (term, key) = (self.of_lanes("term"), self.of_lanes("key"));
        let is_row = self.held.lanes == HeldLanes::Row;
        let in_lanes = |top: &str| match is_row {
            true => format!("vec4<u32>({top})"),
            false => top.to_owned(),
        };
        let terms = |top: &str, are_counted: bool| {
            self.each(|k| {
                let term = format!("{term}(e{k}, {}, {top})", self.index(k));
                let value = match self.held.lanes {
                    _ if !are_counted => term,
                    HeldLanes::One => format!("counted_if({term}, {k}u < p.count)"),
                    _ => format!("counted_if_vec4({term}, vec4<bool>({k}u < p.count))"),
                };
                format!("  let t{k} = {value};\n")
            })
        };
        if self.stage == AxisStage::Apply {
            let (found, top) = match self.held.lanes {
                HeldLanes::Columns => (
                    stats_of_columns(),
                    "order_vec4(bitcast<vec4<f32>>(found.first))",
                ),
                _ => (
                    "stats_of(p.row)".to_owned(),
                    "order(bitcast<f32>(found.first))",
                ),
            };
            let terms = terms(&in_lanes("top"), false);
            return format!("  let found = {found};\n  let top = {top};\n{terms}");
        }
        let top = self.joined("max", |k| format!("{key}(e{k})"));
        let all = self.joined(&self.of_lanes("merge_few"), |k| format!("t{k}"));
        let top = top.unwrap_or_else(|| "LOWEST".to_owned());
        let all = all.unwrap_or_else(|| "empty()".to_owned());
        let (top, found) = match is_row {
            true => (
                format!("largest_lane({top})"),
                format!("row_stats(top, merged_lanes({all}))"),
            ),
            false => (top, format!("{}(top, {all})", self.of_lanes("row_stats"))),
        };
        let terms = terms(&in_lanes("top"), !self.held.is_even);
        format!("  let top = {top};\n{terms}  let found = {found};\n")
    }

    /// A function of two, of all elements: first of every fourth one, as in vectors of a row. So the
    /// bits do not depend on what the lanes are.
    fn joined(&self, function: &str, value: impl Fn(u32) -> String) -> Option<String> {
        let count = u32::from(self.held.count);
        if self.held.lanes == HeldLanes::Row {
            return tree(function, (0..count).map(value));
        }
        let every_fourth = |first| tree(function, (first..count).step_by(4).map(&value));
        tree(function, (0..4).filter_map(every_fourth))
    }

    fn stores(&self) -> String {
        let is_columns = self.held.lanes == HeldLanes::Columns;
        match self.stage {
            AxisStage::Reduce | AxisStage::ReduceBlocks if is_columns => {
                "    store_output_vector((output_offset() + p.row) / 4u, reduced_vec4(found));\n"
                    .to_owned()
            }
            AxisStage::Reduce | AxisStage::ReduceBlocks => {
                "    store_one(p.row, reduced(found));\n".to_owned()
            }
            AxisStage::BlockStats | AxisStage::RowStats if is_columns => LANES
                .iter()
                .zip(0..)
                .map(|(lane, k)| {
                    format!(
                        "    stats[stats_offset() + p.index + {k}u] = Stats(found.first.{lane}, found.second.{lane});\n"
                    )
                })
                .collect(),
            AxisStage::BlockStats | AxisStage::RowStats => {
                "    stats[stats_offset() + p.index] = found;\n".to_owned()
            }
            AxisStage::Whole | AxisStage::Apply | AxisStage::Elementwise => self.results(),
        }
    }

    /// A result for each element.
    fn results(&self) -> String {
        let (of_row, stats) = match self.held.lanes {
            HeldLanes::One => ("of_row(p.row)".to_owned(), "found"),
            HeldLanes::Row => ("vec4<f32>(of_row(p.row))".to_owned(), "in_all_lanes(found)"),
            HeldLanes::Columns => {
                let all = (0..4).map(|k| format!("of_row(p.row + {k}u)"));
                let all = all.collect::<Vec<_>>().join(", ");
                (format!("vec4<f32>({all})"), "found")
            }
        };
        let result = self.of_lanes("result");
        let results = self.each(|k| {
            let index = self.index(k);
            format!("    let y{k} = {result}(e{k}, t{k}, {index}, own_row, {stats});\n")
        });
        let counted = |k: u32, store: String| match self.held.is_even {
            true => format!("    {store}\n"),
            false => format!("    if ({k}u < p.count) {{ {store} }}\n"),
        };
        let one_by_one = self.each(|k| {
            let place = self.place(k);
            let store = match self.held.lanes {
                HeldLanes::One => format!("store_one({place}, y{k});"),
                _ => format!("store_output_vector((output_offset() + {place}) / 4u, y{k});"),
            };
            counted(k, store)
        });
        let stores = match self.held.lanes {
            HeldLanes::One if self.is_16_bit => format!(
                "    if (uniforms.stride == 1u) {{\n{}    }} else {{\n{one_by_one}    }}\n",
                self.stores_of_fours()
            ),
            _ => one_by_one,
        };
        format!("    let own_row = {of_row};\n{results}{stores}")
    }

    /// Neighbours four by four, so that those of a word are written at once.
    fn stores_of_fours(&self) -> String {
        let count = u32::from(self.held.count);
        let fours = (0..count).step_by(4).map(|first| {
            let value = |k| match first + k < count {
                true => format!("y{}", first + k),
                false => "0.0".to_owned(),
            };
            let values = [0, 1, 2, 3].map(value).join(", ");
            format!("    store_unaligned(p, {first}u, vec4<f32>({values}));\n")
        });
        fours.collect()
    }
}

/// The statistics of four rows, which an earlier dispatch has found.
fn stats_of_columns() -> String {
    let word = |word: &str| {
        let all = (0..4).map(|k| format!("stats_of(p.row + {k}u).{word}"));
        format!("vec4<u32>({})", all.collect::<Vec<_>>().join(", "))
    };
    format!("Stats_vec4({}, {})", word("first"), word("second"))
}

/// A function of pairs, of pairs of pairs and so on, of all these values.
fn tree(function: &str, values: impl Iterator<Item = String>) -> Option<String> {
    let mut values: Vec<_> = values.collect();
    while values.len() > 1 {
        let pairs = values.chunks(2).map(|pair| match pair {
            [a, b] => format!("{function}({a}, {b})"),
            others => others.concat(),
        });
        values = pairs.collect();
    }
    values.pop()
}
