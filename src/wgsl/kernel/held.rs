//! Kernels of rows, or of blocks of rows, that one thread holds in registers: each element is read
//! once, and there are no loops but that of a search.

use super::key::{AxisStage, Held, HeldLanes};
use crate::axis::Reduction;

/// The names of the four lanes.
pub(super) const LANES: [&str; 4] = ["x", "y", "z", "w"];

/// The entry point `held`. Needs element(), or aligned_four(), an accumulator, and what the stage
/// makes of it. `drops` if elements have a second result.
pub(super) fn text(
    held: Held,
    stage: AxisStage,
    reduction: Reduction,
    is_16_bit: bool,
    drops: bool,
) -> String {
    let writer = Writer {
        held,
        stage,
        is_search: reduction == Reduction::Threshold,
        is_16_bit,
        drops,
    };
    let (of_row, loads) = (writer.of_row(), writer.loads());
    let (stats, stores) = (writer.stats(), writer.stores());
    // A thread too many loads what the last one loads, since software drivers load lane by lane
    // behind a branch.
    format!(
        "@compute @workgroup_size(WORKGROUP)
fn held(@builtin(global_invocation_id) id: vec3<u32>) {{
  let index = dispatch_index(id);
  let p = place(min(index, uniforms.count - 1u));
{of_row}{loads}{stats}  if (index < uniforms.count) {{
{stores}  }}
}}
"
    )
}

struct Writer {
    held: Held,
    stage: AxisStage,
    is_search: bool,
    is_16_bit: bool,
    drops: bool,
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

    /// The name of a function of what a row has once: in lanes if there are several rows.
    fn of_rows(&self, function: &str) -> String {
        match self.held.lanes {
            HeldLanes::Columns => format!("{function}_vec4"),
            _ => function.to_owned(),
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

    /// What rows have besides their elements: `own_row`, and `lanes_row` of each lane. The
    /// statistics of rows have none of it.
    fn of_row(&self) -> &'static str {
        match self.held.lanes {
            _ if self.stage == AxisStage::RowStats => "",
            HeldLanes::One => "  let own_row = of_row(p, 0u);\n  let lanes_row = own_row;\n",
            HeldLanes::Row => {
                "  let own_row = of_row(p, 0u);\n  let lanes_row = of_row_in_all_lanes(own_row);\n"
            }
            HeldLanes::Columns => "  let own_row = of_columns(p);\n  let lanes_row = own_row;\n",
        }
    }

    /// Past the end of a shorter block its last element is read again, which does not count.
    fn loads(&self) -> String {
        let function = match self.held.lanes {
            HeldLanes::One => "element",
            _ => "aligned_four",
        };
        let counted = self.of_lanes("counted");
        self.each(|k| {
            let place = match self.held.is_even {
                true => self.place(k),
                false => format!("p.first + min({k}u, p.count - 1u) * uniforms.stride"),
            };
            if self.stage.reads_blocks() {
                return format!("  let e{k} = {function}({place});\n");
            }
            let index = self.index(k);
            format!("  let e{k} = {counted}({function}({place}), {index}, lanes_row);\n")
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
                    "stats_of_columns(p.row, own_row)",
                    "order_vec4(bitcast<vec4<f32>>(found.first))",
                ),
                _ => (
                    "stats_of(p.row, own_row)",
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
        let (mut top, mut all) = match is_row {
            true => (
                format!("largest_lane({top})"),
                format!("merged_lanes({all})"),
            ),
            false => (top, all),
        };
        if !self.stage.reads_blocks() {
            top = format!("{}({top}, own_row)", self.of_rows("row_top"));
            all = format!("{}({all}, top, own_row)", self.of_rows("row_total"));
        }
        let terms = terms(&in_lanes("top"), !self.held.is_even);
        let found = match self.is_search {
            true => self.search(),
            false => format!("  let found = {}(top, {all});\n", self.of_rows("row_stats")),
        };
        format!("  let top = {top};\n{terms}{found}")
    }

    /// The search for the threshold of a row, or of four columns, from the terms of its elements.
    fn search(&self) -> String {
        let above = self.of_lanes("above");
        let [hi, lo] = ["search.hi", "search.lo"].map(|part| match self.held.lanes {
            HeldLanes::Row => format!("vec4<f32>({part})"),
            _ => part.to_owned(),
        });
        let all = self.joined(&self.of_lanes("merge"), |k| {
            format!("{above}(t{k}, {hi}, {lo})")
        });
        let all = all.unwrap_or_else(|| "empty()".to_owned());
        let (all, is_found) = match self.held.lanes {
            HeldLanes::One => (all, "search.is_found == 1u"),
            HeldLanes::Row => (format!("merged_lanes({all})"), "search.is_found == 1u"),
            HeldLanes::Columns => (all, "all(search.is_found == vec4<u32>(1u))"),
        };
        let [first, improved, found] =
            ["first_search", "improved", "found_stats"].map(|function| self.of_rows(function));
        format!(
            "  var search = {first}();
  for (var step_index = 0u; step_index < MOST_STEPS; step_index += 1u) {{
    search = {improved}(search, {all});
    if ({is_found}) {{ break; }}
  }}
  let found = {found}(top, search);
"
        )
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
                "    store_output_vector((output_offset() + p.row) / 4u, reduced_vec4(own_row, found));\n"
                    .to_owned()
            }
            AxisStage::Reduce | AxisStage::ReduceBlocks => {
                "    store_output(p.row, reduced(own_row, found));\n".to_owned()
            }
            AxisStage::BlockStats | AxisStage::RowStats if is_columns => {
                let store = |k| {
                    format!("    stats[stats_offset() + p.index + {k}u] = stats_of_lane(found, {k}u);\n")
                };
                (0..4).map(store).collect()
            }
            AxisStage::BlockStats | AxisStage::RowStats => {
                "    stats[stats_offset() + p.index] = found;\n".to_owned()
            }
            AxisStage::Whole | AxisStage::Apply | AxisStage::InSpans | AxisStage::Elementwise => {
                self.results()
            }
        }
    }

    /// A result for each element, and those of its row.
    fn results(&self) -> String {
        let stats = match self.held.lanes {
            HeldLanes::Row => "in_all_lanes(found)",
            _ => "found",
        };
        let (result, output_of) = (self.of_lanes("result"), self.of_lanes("output_of"));
        let mut text = self.each(|k| {
            let index = self.index(k);
            format!("    let r{k} = {result}(e{k}, t{k}, {index}, lanes_row, {stats});\n    let y{k} = {output_of}(e{k}, r{k});\n")
        });
        text += &self.stores_of("output", "y");
        if self.drops {
            let dropped_of = self.of_lanes("dropped_of");
            text += &self.each(|k| format!("    let d{k} = {dropped_of}(e{k}, r{k});\n"));
            text += &self.stores_of("dropped", "d");
        }
        let store_of_row = match self.held.lanes {
            HeldLanes::Columns => {
                "    if (p.start == 0u) { store_four_rows(p.row, own_row, found); }\n"
            }
            _ => "    store_of_row(p, own_row, found);\n",
        };
        text + store_of_row
    }

    /// The stores of these results into an output.
    fn stores_of(&self, output: &str, results: &str) -> String {
        let counted = |k: u32, store: String| match self.held.is_even {
            true => format!("    {store}\n"),
            false => format!("    if ({k}u < p.count) {{ {store} }}\n"),
        };
        let one_by_one = self.each(|k| {
            let place = self.place(k);
            let store = match self.held.lanes {
                HeldLanes::One => format!("store_{output}({place}, {results}{k});"),
                _ => format!(
                    "store_{output}_vector(({output}_offset() + {place}) / 4u, {results}{k});"
                ),
            };
            counted(k, store)
        });
        match self.held.lanes {
            HeldLanes::One if self.is_16_bit => format!(
                "    if (uniforms.stride == 1u) {{\n{}    }} else {{\n{one_by_one}    }}\n",
                self.stores_of_fours(output, results)
            ),
            _ => one_by_one,
        }
    }

    /// Neighbours four by four, so that those of a word are written at once.
    fn stores_of_fours(&self, output: &str, results: &str) -> String {
        let count = u32::from(self.held.count);
        let fours = (0..count).step_by(4).map(|first| {
            let value = |k| match first + k < count {
                true => format!("{results}{}", first + k),
                false => "0.0".to_owned(),
            };
            let values = [0, 1, 2, 3].map(value).join(", ");
            format!("    store_{output}_unaligned(p, {first}u, vec4<f32>({values}));\n")
        });
        fours.collect()
    }
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
