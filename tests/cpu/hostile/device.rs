//! Simulated devices, which fuse, divide, round and flush in the ways that WGSL allows.

use super::program::{Binary, Fusion, Instruction, Program, Unary, hash};

/// A division gives one of the five f32 numbers within 2.5 ulp of the quotient. An inverse square
/// root does the same, and an exp2(x) one of those within 3 + 2|x| ulp.
#[derive(Clone, Copy, Debug)]
pub enum Division {
    Exact,
    /// The one nearest to 0.
    Low,
    /// The one farthest from 0.
    High,
    /// The operands decide which.
    Any,
}

#[derive(Clone, Copy, Debug)]
pub struct Device {
    pub name: &'static str,
    /// Products with a sum are multiplied out.
    pub multiply_out: bool,
    pub fusion: Fusion,
    pub division: Division,
    /// Subnormal operands and results of arithmetic become zeros of their sign. Bits that are only
    /// moved stay.
    pub flush: bool,
}

/// A device that computes what is written.
pub const PLAIN: Device = Device {
    name: "plain",
    multiply_out: false,
    fusion: Fusion::None,
    division: Division::Exact,
    flush: false,
};

/// Inputs go through a program together, so that the Rust compiler vectorises.
const LANES: usize = 32;

type Lanes = [u32; LANES];

impl Device {
    /// The program, compiled by this device's compiler and run for each x with the same parameters.
    pub fn run(&self, program: &Program, x: &[f32], parameters: &[f32]) -> Vec<f32> {
        let program = if self.multiply_out {
            program.multiplied_out()
        } else {
            program.clone()
        }
        .fused(self.fusion);
        let run = if self.flush {
            run::<true>
        } else {
            run::<false>
        };
        run(&program, self.division, x, parameters)
    }
}

fn run<const FLUSH: bool>(
    program: &Program,
    division: Division,
    x: &[f32],
    parameters: &[f32],
) -> Vec<f32> {
    let mut registers = vec![[0; LANES]; program.instructions.len()];
    let mut y = Vec::with_capacity(x.len());
    for x in x.chunks(LANES) {
        let mut next = 0;
        while let Some(&instruction) = program.instructions.get(next) {
            let (earlier, later) = registers.split_at_mut(next);
            let out = &mut later[0];
            next += 1;
            match instruction {
                Instruction::Argument(0) => out
                    .iter_mut()
                    .zip(x)
                    .for_each(|(out, x)| *out = x.to_bits()),
                Instruction::Argument(position) => {
                    *out = [parameters[position - 1].to_bits(); LANES]
                }
                Instruction::Constant(bits) => *out = [bits; LANES],
                Instruction::Unary(op, a) => unary::<FLUSH>(op, division, &earlier[a], out),
                Instruction::Binary(op, a, b) => {
                    binary::<FLUSH>(op, division, [&earlier[a], &earlier[b]], out)
                }
                Instruction::Select {
                    condition,
                    accepted,
                    rejected,
                } => {
                    let [condition, accepted, rejected] =
                        [condition, accepted, rejected].map(|at| &earlier[at]);
                    for lane in 0..LANES {
                        out[lane] =
                            accepted[lane] & condition[lane] | rejected[lane] & !condition[lane];
                    }
                }
                Instruction::Fused {
                    factors: [a, b],
                    negate_product,
                    addend,
                    negate_addend,
                } => {
                    let [a, b, c] = [a, b, addend].map(|at| &earlier[at]);
                    let sign = |negate: bool| u32::from(negate) << 31;
                    for lane in 0..LANES {
                        let a = operand::<FLUSH>(a[lane] ^ sign(negate_product));
                        let (b, c) = (
                            operand::<FLUSH>(b[lane]),
                            operand::<FLUSH>(c[lane] ^ sign(negate_addend)),
                        );
                        out[lane] = result::<FLUSH>(a.mul_add(b, c));
                    }
                }
                Instruction::Skip { condition, count } => {
                    if earlier[condition] == [0; LANES] {
                        next += count;
                    }
                }
                Instruction::Unused => {}
            }
        }
        y.extend(
            registers[program.result][..x.len()]
                .iter()
                .map(|&bits| f32::from_bits(bits)),
        );
    }
    y
}

fn unary<const FLUSH: bool>(op: Unary, division: Division, a: &Lanes, out: &mut Lanes) {
    let mut each = |f: fn(f32) -> f32| {
        out.iter_mut()
            .zip(a)
            .for_each(|(out, &a)| *out = result::<FLUSH>(f(operand::<FLUSH>(a))));
    };
    match op {
        Unary::Negate => each(|a| -a),
        Unary::Abs => each(f32::abs),
        Unary::Exp2 => out.iter_mut().zip(a).for_each(|(out, &a)| {
            *out = result::<FLUSH>(exp2(operand::<FLUSH>(a), division));
        }),
        Unary::InverseSqrt => out.iter_mut().zip(a).for_each(|(out, &a)| {
            *out = result::<FLUSH>(inverse_sqrt(operand::<FLUSH>(a), division));
        }),
        Unary::ToFloat => out
            .iter_mut()
            .zip(a)
            .for_each(|(out, &a)| *out = (a as f32).to_bits()),
        Unary::Not => out.iter_mut().zip(a).for_each(|(out, &a)| *out = !a),
    }
}

fn binary<const FLUSH: bool>(op: Binary, division: Division, [a, b]: [&Lanes; 2], out: &mut Lanes) {
    macro_rules! each {
        (|$a:ident, $b:ident| $result:expr) => {
            for lane in 0..LANES {
                let ($a, $b) = (a[lane], b[lane]);
                out[lane] = $result;
            }
        };
    }
    macro_rules! float {
        (|$a:ident, $b:ident| $result:expr) => {
            each!(|$a, $b| {
                let ($a, $b) = (operand::<FLUSH>($a), operand::<FLUSH>($b));
                result::<FLUSH>($result)
            })
        };
    }
    macro_rules! compare {
        (|$a:ident, $b:ident| $result:expr) => {
            each!(|$a, $b| {
                let ($a, $b) = (operand::<FLUSH>($a), operand::<FLUSH>($b));
                truth($result)
            })
        };
    }
    match op {
        Binary::Add => float!(|a, b| a + b),
        Binary::Subtract => float!(|a, b| a - b),
        Binary::Multiply => float!(|a, b| a * b),
        Binary::Divide => float!(|a, b| divide(a, b, division)),
        // WGSL allows NaN to be lost.
        Binary::Min => float!(|a, b| a.min(b)),
        Binary::Max => float!(|a, b| a.max(b)),
        Binary::Less => compare!(|a, b| a < b),
        Binary::LessEqual => compare!(|a, b| a <= b),
        Binary::Equal => compare!(|a, b| a == b),
        Binary::IntegerAdd => each!(|a, b| a.wrapping_add(b)),
        Binary::IntegerSubtract => each!(|a, b| a.wrapping_sub(b)),
        Binary::IntegerMultiply => each!(|a, b| a.wrapping_mul(b)),
        Binary::IntegerLess => each!(|a, b| truth(a < b)),
        Binary::SignedLess => each!(|a, b| truth((a as i32) < b as i32)),
        Binary::IntegerLessEqual => each!(|a, b| truth(a <= b)),
        Binary::IntegerEqual => each!(|a, b| truth(a == b)),
        Binary::ShiftLeft => each!(|a, b| a << (b & 31)),
        Binary::ShiftRight => each!(|a, b| a >> (b & 31)),
        Binary::And => each!(|a, b| a & b),
        Binary::Or => each!(|a, b| a | b),
        Binary::Xor => each!(|a, b| a ^ b),
    }
}

fn truth(condition: bool) -> u32 {
    if condition { u32::MAX } else { 0 }
}

fn operand<const FLUSH: bool>(bits: u32) -> f32 {
    let subnormal = bits & 0x7f80_0000 == 0;
    f32::from_bits(if FLUSH && subnormal {
        bits & 0x8000_0000
    } else {
        bits
    })
}

fn result<const FLUSH: bool>(value: f32) -> u32 {
    operand::<FLUSH>(value.to_bits()).to_bits()
}

fn divide(a: f32, b: f32, division: Division) -> f32 {
    sloppy(
        a / b,
        2,
        division,
        u64::from(a.to_bits()) << 32 | u64::from(b.to_bits()),
    )
}

/// WGSL allows it 3 + 2|x| ulp.
fn exp2(x: f32, division: Division) -> f32 {
    let exact = f64::from(x).exp2() as f32;
    let most = 3.0 + 2.0 * x.abs();
    sloppy(exact, most as i32, division, u64::from(x.to_bits()))
}

/// WGSL allows inverse square roots 2 ulp.
fn inverse_sqrt(a: f32, division: Division) -> f32 {
    sloppy(
        f64::from(a).sqrt().recip() as f32,
        2,
        division,
        u64::from(a.to_bits()),
    )
}

/// A number that is at most so many f32 numbers off the exact one.
fn sloppy(exact: f32, most: i32, division: Division, operands: u64) -> f32 {
    let steps = match division {
        Division::Exact => 0,
        Division::Low => -most,
        Division::High => most,
        Division::Any => (hash(operands) % (2 * most as u64 + 1)) as i32 - most,
    };
    let absolute =
        (exact.abs().to_bits().saturating_add_signed(steps)).min(f32::INFINITY.to_bits());
    if exact.is_normal() {
        f32::from_bits(absolute).copysign(exact)
    } else {
        exact
    }
}
