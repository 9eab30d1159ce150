//! The tests that need a GPU adapter. They are one program, which links wgpu once and shares a
//! device and its kernels. Tests that lose a device, or need one with other limits, make their own.

mod accumulate;
mod axis;
mod broadcast;
mod calls;
#[path = "../common/mod.rs"]
mod common;
mod cross_entropy;
mod errors;
mod expressions;
mod faults;
mod fusing;
mod glu;
mod large;
mod learned;
mod numerics;
mod packed16;
mod parameters;
mod samples;
mod sharing;
mod slices;
mod special_values;
mod support;
mod training;
mod views;
mod warm_up;
