//! The columns of `bench.csv`, which the example `bench` writes and `sweep` reads.

pub const COLUMNS: [&str; 9] = [
    "activation",
    "pass",
    "dtype",
    "elements",
    "wall_ns_per_element",
    "cpu_ns_per_element",
    "ratio_to_copy",
    "gigabytes_per_second",
    "adapter",
];
