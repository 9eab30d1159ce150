//! Compilers that treat floating-point arithmetic as that of real numbers, as Metal's does: the C
//! compiler that every machine with Rust has. With such options it regroups sums and products,
//! merges constants, and knows neither NaN nor infinity.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use super::program::{Binary, Instruction, Program, Unary};

pub struct Compiler {
    pub name: &'static str,
    pub options: &'static [&'static str],
}

/// Compiled functions.
pub struct Compiled {
    program: PathBuf,
}

const HEAD: &str = "
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static inline float f(uint32_t bits) { float value; memcpy(&value, &bits, 4); return value; }
static inline uint32_t u(float value) { uint32_t bits; memcpy(&bits, &value, 4); return bits; }
";

/// The program takes NAME PARAMETERS… and reads the bits of x from stdin. It writes those of the
/// results to stdout.
const TAIL: &str = "
int main(int count, char **arguments) {
  (void)count;
  uint32_t parameters[4] = {0}, x;
  for (int i = 2; i < count; i++) parameters[i - 2] = strtoul(arguments[i], 0, 10);
  for (unsigned i = 0; i < sizeof functions / sizeof *functions; i++)
    if (!strcmp(functions[i].name, arguments[1])) {
      while (fread(&x, 4, 1, stdin)) { x = functions[i].function(x, parameters); fwrite(&x, 4, 1, stdout); }
      return 0;
    }
  return 1;
}
";

impl Compiler {
    /// `name` tells the files of tests that run at the same time apart.
    pub fn compile(&self, name: &str, functions: &[(String, Program)]) -> Compiled {
        let mut text = HEAD.to_owned();
        for (name, program) in functions {
            let _ = writeln!(
                text,
                "static uint32_t of_{name}(uint32_t x, const uint32_t *parameters) {{"
            );
            let mut ends = vec![];
            for (register, &instruction) in program.instructions.iter().enumerate() {
                let _ = match instruction {
                    Instruction::Skip { condition, count } => {
                        ends.push(register + count);
                        writeln!(
                            text,
                            "  if (!r{condition}) goto after_{};",
                            register + count
                        )
                    }
                    _ => writeln!(
                        text,
                        "  uint32_t r{register} = {};",
                        expression(instruction)
                    ),
                };
                if ends.contains(&register) {
                    let _ = writeln!(text, "  after_{register}:;");
                }
            }
            let _ = writeln!(text, "  return r{};\n}}", program.result);
        }
        text += "static const struct { const char *name; uint32_t (*function)(uint32_t, const uint32_t *); } functions[] = {\n";
        for (name, _) in functions {
            let _ = writeln!(text, "  {{\"{name}\", of_{name}}},");
        }
        text += "};\n";
        text += TAIL;

        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let program = folder.join(format!("hostile-{name}-{}", self.name.replace(' ', "-")));
        let source = program.with_extension("c");
        fs::write(&source, text).expect("the target folder can be written");
        let cc = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        let status = Command::new(&cc)
            .args(self.options)
            .arg(&source)
            .arg("-o")
            .arg(&program)
            // For exp2f().
            .arg("-lm")
            .status();
        match status {
            Ok(status) if status.success() => Compiled { program },
            other => panic!(
                "this test needs a C compiler, as linking does; `{cc}` (or what CC names): {other:?}"
            ),
        }
    }
}

impl Compiled {
    pub fn run(&self, name: &str, x: &[f32], parameters: &[f32]) -> Vec<f32> {
        let input = self
            .program
            .with_extension(format!("{:?}", std::thread::current().id()));
        fs::write(&input, bytemuck::cast_slice(x)).expect("the target folder can be written");
        let output = Command::new(&self.program)
            .arg(name)
            .args(parameters.iter().map(|value| value.to_bits().to_string()))
            .stdin(File::open(&input).expect("it was written"))
            .output()
            .expect("it was compiled");
        assert!(output.status.success(), "{name}: {}", output.status);
        bytemuck::pod_collect_to_vec(&output.stdout)
    }
}

/// An instruction in C. A bool is no bit or all bits.
fn expression(instruction: Instruction) -> String {
    match instruction {
        Instruction::Argument(0) => "x".to_owned(),
        Instruction::Argument(position) => format!("parameters[{}]", position - 1),
        Instruction::Constant(bits) => format!("{bits}u"),
        Instruction::Unary(op, a) => match op {
            Unary::Negate => format!("u(-f(r{a}))"),
            Unary::Abs => format!("u(__builtin_fabsf(f(r{a})))"),
            Unary::Exp2 => format!("u(__builtin_exp2f(f(r{a})))"),
            Unary::InverseSqrt => format!("u(1.0f / __builtin_sqrtf(f(r{a})))"),
            Unary::ToFloat => format!("u((float)r{a})"),
            Unary::Not => format!("~r{a}"),
        },
        Instruction::Binary(op, a, b) => {
            let float = |op: &str| format!("u(f(r{a}) {op} f(r{b}))");
            let compare = |op: &str| format!("-(uint32_t)(f(r{a}) {op} f(r{b}))");
            let integer = |op: &str| format!("r{a} {op} r{b}");
            let compare_integer = |op: &str| format!("-(uint32_t)(r{a} {op} r{b})");
            match op {
                Binary::Add => float("+"),
                Binary::Subtract => float("-"),
                Binary::Multiply => float("*"),
                Binary::Divide => float("/"),
                Binary::Min => format!("u(__builtin_fminf(f(r{a}), f(r{b})))"),
                Binary::Max => format!("u(__builtin_fmaxf(f(r{a}), f(r{b})))"),
                Binary::Less => compare("<"),
                Binary::LessEqual => compare("<="),
                Binary::Equal => compare("=="),
                Binary::IntegerAdd => integer("+"),
                Binary::IntegerSubtract => integer("-"),
                Binary::IntegerMultiply => integer("*"),
                Binary::IntegerLess => compare_integer("<"),
                Binary::SignedLess => format!("-(uint32_t)((int32_t)r{a} < (int32_t)r{b})"),
                Binary::IntegerLessEqual => compare_integer("<="),
                Binary::IntegerEqual => compare_integer("=="),
                Binary::ShiftLeft => integer("<<"),
                Binary::ShiftRight => integer(">>"),
                Binary::And => integer("&"),
                Binary::Or => integer("|"),
                Binary::Xor => integer("^"),
            }
        }
        Instruction::Select {
            condition,
            accepted,
            rejected,
        } => format!("r{condition} ? r{accepted} : r{rejected}"),
        // Only other devices make a fused one.
        Instruction::Fused { .. } | Instruction::Skip { .. } => unreachable!("not an expression"),
        Instruction::Unused => "0".to_owned(),
    }
}
