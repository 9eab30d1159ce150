//! A function as a list of instructions, and the changes that compilers may make to it.

use super::device::PLAIN;

/// A value, by the position of the instruction that computes it.
pub type Register = usize;

#[derive(Clone, Copy, Debug)]
pub enum Unary {
    Negate,
    Abs,
    Exp2,
    InverseSqrt,
    /// Converts an integer.
    ToFloat,
    /// Negates a bool, or all bits.
    Not,
}

/// A bool is no bit or all bits.
#[derive(Clone, Copy, Debug)]
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Min,
    Max,
    Less,
    LessEqual,
    Equal,
    IntegerAdd,
    IntegerSubtract,
    IntegerMultiply,
    IntegerLess,
    /// Compares integers that have a sign.
    SignedLess,
    IntegerLessEqual,
    IntegerEqual,
    ShiftLeft,
    ShiftRight,
    And,
    Or,
    Xor,
}

#[derive(Clone, Copy, Debug)]
pub enum Instruction {
    Argument(usize),
    Constant(u32),
    Unary(Unary, Register),
    Binary(Binary, Register, Register),
    Select {
        condition: Register,
        accepted: Register,
        rejected: Register,
    },
    /// A product and a sum with one rounding.
    Fused {
        factors: [Register; 2],
        negate_product: bool,
        addend: Register,
        negate_addend: bool,
    },
    /// If a branch is not taken, so many instructions are passed over.
    Skip {
        condition: Register,
        count: usize,
    },
    /// An instruction whose result nobody reads.
    Unused,
}

impl Instruction {
    /// The registers that it reads.
    fn read(&self) -> impl Iterator<Item = Register> + use<> {
        let read = match *self {
            Self::Argument(_) | Self::Constant(_) | Self::Unused => [None; 3],
            Self::Unary(_, operand)
            | Self::Skip {
                condition: operand, ..
            } => [Some(operand), None, None],
            Self::Binary(_, left, right) => [Some(left), Some(right), None],
            Self::Select {
                condition,
                accepted,
                rejected,
            } => [condition, accepted, rejected].map(Some),
            Self::Fused {
                factors: [a, b],
                addend,
                ..
            } => [a, b, addend].map(Some),
        };
        read.into_iter().flatten()
    }
}

#[derive(Clone, Debug)]
pub struct Program {
    pub instructions: Vec<Instruction>,
    pub result: Register,
}

/// The products that a compiler fuses with the sum that they are a part of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fusion {
    None,
    /// All; of two products the left one.
    Left,
    /// All; of two products the right one.
    Right,
    /// Some of them, chosen by a hash.
    Some {
        seed: u64,
    },
}

/// A few well-mixed bits of a number.
pub fn hash(number: u64) -> u64 {
    let mixed = (number ^ (number >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 40
}

impl Program {
    /// This program from a compiler that knows the parameters and folds constants.
    pub fn of_constants(&self, parameters: &[f32]) -> Self {
        let mut program = self.clone();
        for position in 0..self.instructions.len() {
            let instruction = program.instructions[position];
            let is_known = match instruction {
                Instruction::Argument(argument) => argument > 0,
                Instruction::Constant(_) | Instruction::Skip { .. } | Instruction::Unused => false,
                _ => instruction
                    .read()
                    .all(|register| program.constant(register).is_some()),
            };
            if is_known {
                // Only constants matter of the instructions before it, in branches and outside of
                // them.
                let is_branch = |instruction: &&mut Instruction| {
                    matches!(instruction, Instruction::Skip { .. })
                };
                let mut alone = Self {
                    instructions: program.instructions[..=position].to_vec(),
                    result: position,
                };
                alone
                    .instructions
                    .iter_mut()
                    .filter(is_branch)
                    .for_each(|branch| *branch = Instruction::Unused);
                let value = PLAIN.run(&alone.without_unused(), &[0.0], parameters)[0];
                program.instructions[position] = Instruction::Constant(value.to_bits());
            }
        }
        program
    }

    /// This program from a compiler that fuses.
    pub fn fused(&self, fusion: Fusion) -> Self {
        let mut fused = self.clone();
        for (position, instruction) in fused.instructions.iter_mut().enumerate() {
            let Instruction::Binary(op @ (Binary::Add | Binary::Subtract), left, right) =
                *instruction
            else {
                continue;
            };
            let subtract = matches!(op, Binary::Subtract);
            let on_left = self
                .product(left)
                .map(|(factors, negate_product)| Instruction::Fused {
                    factors,
                    negate_product,
                    addend: right,
                    negate_addend: subtract,
                });
            let on_right = self
                .product(right)
                .map(|(factors, negate)| Instruction::Fused {
                    factors,
                    negate_product: negate != subtract,
                    addend: left,
                    negate_addend: false,
                });
            let chosen = match fusion {
                Fusion::None => None,
                Fusion::Left => on_left.or(on_right),
                Fusion::Right => on_right.or(on_left),
                Fusion::Some { seed } => {
                    [None, on_left, on_right][(hash(seed << 32 | position as u64) % 3) as usize]
                }
            };
            *instruction = chosen.unwrap_or(*instruction);
        }
        fused.without_unused()
    }

    /// This program from a compiler that multiplies sums out where it knows a term and the factor,
    /// as NVIDIA's does. It turns (x + 3) * c into x * c + 3c, which is rounded once, after 3c was
    /// rounded.
    pub fn multiplied_out(&self) -> Self {
        let mut program = self.clone();
        let readers = self.readers();
        for position in 0..self.instructions.len() {
            let Instruction::Binary(Binary::Multiply, left, right) = program.instructions[position]
            else {
                continue;
            };
            for (sum, factor) in [(left, right), (right, left)] {
                let (Some(value), 1) = (program.constant(factor), readers[sum]) else {
                    continue;
                };
                let Instruction::Binary(op @ (Binary::Add | Binary::Subtract), a, b) =
                    program.instructions[sum]
                else {
                    continue;
                };
                let subtract = matches!(op, Binary::Subtract);
                let (term, known, negate_product, negate_addend) =
                    match (program.constant(a), program.constant(b)) {
                        (None, Some(known)) => (a, known, false, subtract),
                        (Some(known), None) => (b, known, subtract, false),
                        _ => continue,
                    };
                // This takes the place of the sum, which nobody else reads.
                program.instructions[sum] = Instruction::Constant((known * value).to_bits());
                program.instructions[position] = Instruction::Fused {
                    factors: [term, factor],
                    negate_product,
                    addend: sum,
                    negate_addend,
                };
                break;
            }
        }
        program
    }

    fn constant(&self, register: Register) -> Option<f32> {
        match self.instructions[register] {
            Instruction::Constant(bits) => Some(f32::from_bits(bits)),
            _ => None,
        }
    }

    /// For each register, the number of instructions that read it.
    fn readers(&self) -> Vec<usize> {
        let mut readers = vec![0; self.instructions.len()];
        self.instructions
            .iter()
            .flat_map(Instruction::read)
            .for_each(|register| readers[register] += 1);
        readers
    }

    /// The factors, if this is a product, and true if it is negated.
    fn product(&self, register: Register) -> Option<([Register; 2], bool)> {
        match self.instructions[register] {
            Instruction::Binary(Binary::Multiply, a, b) => Some(([a, b], false)),
            Instruction::Unary(Unary::Negate, negated) => self
                .product(negated)
                .map(|(factors, negate)| (factors, !negate)),
            _ => None,
        }
    }

    fn without_unused(mut self) -> Self {
        let mut used = vec![false; self.instructions.len()];
        used[self.result] = true;
        for (position, instruction) in self.instructions.iter_mut().enumerate().rev() {
            if !used[position] && !matches!(instruction, Instruction::Skip { .. }) {
                *instruction = Instruction::Unused;
            }
            instruction
                .read()
                .for_each(|register| used[register] = true);
        }
        self
    }
}
