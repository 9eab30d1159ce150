//! Expressions and their gradients, against f64 on the CPU.

mod calls;
mod case;
mod page;
mod values;
