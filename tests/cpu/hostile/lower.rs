//! Translates WGSL into a list of instructions without calls and branches: functions are inlined,
//! an `if` computes both sides and selects, a loop is unrolled. What the shaders do not use is
//! refused, so that nothing is skipped in silence.

use std::collections::HashMap;

use naga::{
    BinaryOperator, Expression, Function, Handle, Literal, LocalVariable, MathFunction, Module,
    ScalarKind, Statement, UnaryOperator,
};

use super::program::{Binary, Instruction, Program, Register, Unary};

/// A number, an integer or a bool in a register.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scalar {
    register: Register,
    kind: ScalarKind,
}

/// More turns than any loop of the shaders takes.
const MOST_TURNS: usize = 16;

/// A branch must skip more instructions than this to be worth it.
const SHORT: usize = 100;

/// A scalar, or the scalars of a struct.
type Value = Vec<Scalar>;

/// The named function of a WGSL module, all of whose arguments are f32.
pub fn lower(module: &Module, name: &str) -> Program {
    let function = module.functions.iter().map(|(_, function)| function);
    let function = function
        .into_iter()
        .find(|function| function.name.as_deref() == Some(name));
    let function = function.unwrap_or_else(|| panic!("no function {name}"));
    let mut lowering = Lowering {
        module,
        instructions: vec![],
    };
    let argument =
        |position| vec![lowering.push(Instruction::Argument(position), ScalarKind::Float)];
    let arguments = (0..function.arguments.len()).map(argument).collect();
    let [result] = lowering.call(function, arguments)[..] else {
        panic!("{name} returns a struct")
    };
    Program {
        instructions: lowering.instructions,
        result: result.register,
    }
}

struct Lowering<'a> {
    module: &'a Module,
    instructions: Vec<Instruction>,
}

/// A function that is being inlined.
struct Frame<'a> {
    function: &'a Function,
    arguments: Vec<Value>,
    values: HashMap<Handle<Expression>, Value>,
    variables: HashMap<Handle<LocalVariable>, Value>,
}

impl<'a> Lowering<'a> {
    fn push(&mut self, instruction: Instruction, kind: ScalarKind) -> Scalar {
        self.instructions.push(instruction);
        Scalar {
            register: self.instructions.len() - 1,
            kind,
        }
    }

    fn call(&mut self, function: &'a Function, arguments: Vec<Value>) -> Value {
        let mut frame = Frame {
            function,
            arguments,
            values: HashMap::new(),
            variables: HashMap::new(),
        };
        let result = self.block(&function.body, &mut frame);
        result.unwrap_or_else(|| panic!("{:?} does not end with a return", function.name))
    }

    /// The value that the block returns, if it does.
    fn block(&mut self, block: &[Statement], frame: &mut Frame<'a>) -> Option<Value> {
        for statement in block {
            match statement {
                Statement::Emit(range) => range.clone().for_each(|expression| {
                    self.value(expression, frame);
                }),
                Statement::Call {
                    function,
                    arguments,
                    result: Some(result),
                } => {
                    let arguments = arguments
                        .iter()
                        .map(|&argument| self.value(argument, frame))
                        .collect();
                    let value = self.call(&self.module.functions[*function], arguments);
                    frame.values.insert(*result, value);
                }
                Statement::Store { pointer, value } => {
                    let value = self.value(*value, frame);
                    frame.variables.insert(frame.variable(*pointer), value);
                }
                // naga turns `&&` and `||` into this.
                Statement::If {
                    condition,
                    accept,
                    reject,
                } => {
                    let condition = self.scalar(*condition, frame);
                    let before = frame.variables.clone();
                    let start = self.instructions.len();
                    self.instructions.push(Instruction::Unused);
                    assert!(self.block(accept, frame).is_none(), "a return inside an if");
                    let count = self.instructions.len() - start - 1;
                    if count > SHORT {
                        self.instructions[start] = Instruction::Skip {
                            condition: condition.register,
                            count,
                        };
                    }
                    let accepted = std::mem::replace(&mut frame.variables, before);
                    assert!(self.block(reject, frame).is_none(), "a return inside an if");
                    self.merge(condition, &accepted, &mut frame.variables);
                }
                Statement::Loop {
                    body,
                    continuing,
                    break_if: None,
                } if continuing.is_empty() => {
                    let values = frame.values.clone();
                    for _ in 0..MOST_TURNS {
                        self.turn(body, frame);
                        frame.values.clone_from(&values);
                    }
                }
                Statement::Block(body) => {
                    assert!(self.block(body, frame).is_none(), "a return inside a block")
                }
                Statement::Return { value: Some(value) } => return Some(self.value(*value, frame)),
                other => panic!("not interpreted: {other:?}"),
            }
        }
        None
    }

    /// One turn of a `while`. After the last one variables stay as they are, and so does its
    /// condition.
    fn turn(&mut self, body: &[Statement], frame: &mut Frame<'a>) {
        let is_exit = |statement: &Statement| match statement {
            Statement::If { accept, reject, .. } => {
                accept.is_empty() && matches!(reject[..], [Statement::Break])
            }
            _ => false,
        };
        let exit = body
            .iter()
            .position(is_exit)
            .expect("a loop that can be left");
        let Statement::If { condition, .. } = body[exit] else {
            unreachable!("it is one")
        };
        assert!(
            self.block(&body[..exit], frame).is_none(),
            "a return inside a loop"
        );
        let condition = self.scalar(condition, frame);
        let before = frame.variables.clone();
        assert!(
            self.block(&body[exit + 1..], frame).is_none(),
            "a return inside a loop"
        );
        let after = std::mem::replace(&mut frame.variables, before);
        self.merge(condition, &after, &mut frame.variables);
    }

    /// The variables after an `if`. One that only one side has set keeps no value: reading it is
    /// refused.
    fn merge(
        &mut self,
        condition: Scalar,
        accepted: &HashMap<Handle<LocalVariable>, Value>,
        variables: &mut HashMap<Handle<LocalVariable>, Value>,
    ) {
        variables.retain(|variable, _| accepted.contains_key(variable));
        for (variable, rejected) in variables {
            let sides = accepted[variable].iter().zip(rejected.iter());
            *rejected = sides
                .map(|(&accept, &reject)| self.select(condition, accept, reject))
                .collect();
        }
    }

    fn select(&mut self, condition: Scalar, accept: Scalar, reject: Scalar) -> Scalar {
        assert_eq!(
            (condition.kind, accept.kind),
            (ScalarKind::Bool, reject.kind)
        );
        let [condition, accepted, rejected] =
            [condition, accept, reject].map(|scalar| scalar.register);
        self.push(
            Instruction::Select {
                condition,
                accepted,
                rejected,
            },
            accept.kind,
        )
    }

    fn scalar(&mut self, expression: Handle<Expression>, frame: &mut Frame<'a>) -> Scalar {
        let [scalar] = self.value(expression, frame)[..] else {
            panic!("a struct where a scalar is needed")
        };
        scalar
    }

    fn value(&mut self, expression: Handle<Expression>, frame: &mut Frame<'a>) -> Value {
        if let Some(value) = frame.values.get(&expression) {
            return value.clone();
        }
        let value = match &frame.function.expressions[expression] {
            Expression::Literal(literal) => vec![self.literal(*literal)],
            Expression::Constant(constant) => {
                let value = self.module.constants[*constant].init;
                let Expression::Literal(literal) = self.module.global_expressions[value] else {
                    panic!("not interpreted: a constant that is no scalar")
                };
                vec![self.literal(literal)]
            }
            Expression::FunctionArgument(position) => frame.arguments[*position as usize].clone(),
            Expression::LocalVariable(_) => vec![],
            Expression::Load { pointer } => frame.variables[&frame.variable(*pointer)].clone(),
            Expression::Compose { components, .. } => components
                .iter()
                .map(|&component| self.scalar(component, frame))
                .collect(),
            Expression::AccessIndex { base, index } => {
                vec![self.value(*base, frame)[*index as usize]]
            }
            Expression::Unary { op, expr } => vec![self.unary(*op, *expr, frame)],
            Expression::Binary { op, left, right } => {
                let (left, right) = (self.scalar(*left, frame), self.scalar(*right, frame));
                vec![self.binary(*op, left, right)]
            }
            Expression::Select {
                condition,
                accept,
                reject,
            } => {
                let [condition, accept, reject] =
                    [condition, accept, reject].map(|&expression| self.scalar(expression, frame));
                vec![self.select(condition, accept, reject)]
            }
            Expression::Math {
                fun,
                arg,
                arg1,
                arg2,
                arg3: None,
            } => {
                let arguments = [Some(*arg), *arg1, *arg2].into_iter().flatten();
                let arguments: Vec<_> = arguments
                    .map(|argument| self.scalar(argument, frame))
                    .collect();
                vec![self.math(*fun, &arguments)]
            }
            // A bitcast.
            Expression::As {
                expr,
                kind: kind @ (ScalarKind::Float | ScalarKind::Uint | ScalarKind::Sint),
                convert: None,
            } => {
                vec![Scalar {
                    kind: *kind,
                    ..self.scalar(*expr, frame)
                }]
            }
            Expression::As {
                expr,
                kind: ScalarKind::Float,
                convert: Some(4),
            } => {
                let Scalar {
                    register,
                    kind: ScalarKind::Uint,
                } = self.scalar(*expr, frame)
                else {
                    panic!("not interpreted: a conversion of anything but u32")
                };
                vec![self.push(
                    Instruction::Unary(Unary::ToFloat, register),
                    ScalarKind::Float,
                )]
            }
            other => panic!("not interpreted: {other:?}"),
        };
        frame.values.insert(expression, value.clone());
        value
    }

    fn literal(&mut self, literal: Literal) -> Scalar {
        let (bits, kind) = match literal {
            Literal::F32(value) => (value.to_bits(), ScalarKind::Float),
            Literal::I32(value) => (value as u32, ScalarKind::Sint),
            Literal::U32(value) => (value, ScalarKind::Uint),
            Literal::Bool(value) => (if value { u32::MAX } else { 0 }, ScalarKind::Bool),
            other => panic!("not interpreted: {other:?}"),
        };
        self.push(Instruction::Constant(bits), kind)
    }

    fn unary(
        &mut self,
        op: UnaryOperator,
        operand: Handle<Expression>,
        frame: &mut Frame<'a>,
    ) -> Scalar {
        let operand = self.scalar(operand, frame);
        let unary = match (op, operand.kind) {
            (UnaryOperator::Negate, ScalarKind::Float) => Unary::Negate,
            (UnaryOperator::LogicalNot, ScalarKind::Bool)
            | (UnaryOperator::BitwiseNot, ScalarKind::Uint) => Unary::Not,
            other => panic!("not interpreted: {other:?}"),
        };
        self.push(Instruction::Unary(unary, operand.register), operand.kind)
    }

    fn binary(&mut self, op: BinaryOperator, left: Scalar, right: Scalar) -> Scalar {
        use BinaryOperator as Op;
        use ScalarKind::{Bool, Float, Sint, Uint};
        assert_eq!(left.kind, right.kind);
        let (binary, kind) = match (op, left.kind) {
            (Op::Add, Float) => (Binary::Add, Float),
            (Op::Subtract, Float) => (Binary::Subtract, Float),
            (Op::Multiply, Float) => (Binary::Multiply, Float),
            (Op::Divide, Float) => (Binary::Divide, Float),
            (Op::Add, Uint) => (Binary::IntegerAdd, Uint),
            (Op::Multiply, Uint) => (Binary::IntegerMultiply, Uint),
            (Op::Subtract, Uint) => (Binary::IntegerSubtract, Uint),
            (Op::ShiftLeft, Uint) => (Binary::ShiftLeft, Uint),
            (Op::ShiftRight, Uint) => (Binary::ShiftRight, Uint),
            (Op::And, Uint | Bool) => (Binary::And, left.kind),
            (Op::InclusiveOr, Uint | Bool) => (Binary::Or, left.kind),
            (Op::ExclusiveOr, Uint) => (Binary::Xor, Uint),
            (Op::Less | Op::Greater, Float) => (Binary::Less, Bool),
            (Op::LessEqual | Op::GreaterEqual, Float) => (Binary::LessEqual, Bool),
            (Op::Equal | Op::NotEqual, Float) => (Binary::Equal, Bool),
            (Op::Less | Op::Greater, Uint) => (Binary::IntegerLess, Bool),
            (Op::Less | Op::Greater, Sint) => (Binary::SignedLess, Bool),
            (Op::LessEqual | Op::GreaterEqual, Uint) => (Binary::IntegerLessEqual, Bool),
            (Op::Equal | Op::NotEqual, Uint) => (Binary::IntegerEqual, Bool),
            other => panic!("not interpreted: {other:?}"),
        };
        let swap = matches!(op, Op::Greater | Op::GreaterEqual);
        let (left, right) = if swap { (right, left) } else { (left, right) };
        let result = self.push(
            Instruction::Binary(binary, left.register, right.register),
            kind,
        );
        let negate = op == Op::NotEqual;
        if negate {
            self.push(Instruction::Unary(Unary::Not, result.register), kind)
        } else {
            result
        }
    }

    fn math(&mut self, function: MathFunction, arguments: &[Scalar]) -> Scalar {
        if let &[
            a @ Scalar {
                kind: ScalarKind::Uint,
                ..
            },
            b,
        ] = arguments
        {
            let less = self.binary(BinaryOperator::Less, a, b);
            let (smaller, larger) = (self.select(less, a, b), self.select(less, b, a));
            return match function {
                MathFunction::Min => smaller,
                MathFunction::Max => larger,
                other => panic!("not interpreted: {other:?} of integers"),
            };
        }
        assert!(
            arguments
                .iter()
                .all(|argument| argument.kind == ScalarKind::Float),
            "{function:?} of integers"
        );
        let instruction = match (function, arguments) {
            (MathFunction::Abs, [x]) => Instruction::Unary(Unary::Abs, x.register),
            (MathFunction::Exp2, [x]) => Instruction::Unary(Unary::Exp2, x.register),
            (MathFunction::InverseSqrt, [x]) => Instruction::Unary(Unary::InverseSqrt, x.register),
            (MathFunction::Min, [a, b]) => Instruction::Binary(Binary::Min, a.register, b.register),
            (MathFunction::Max, [a, b]) => Instruction::Binary(Binary::Max, a.register, b.register),
            (MathFunction::Clamp, [x, low, high]) => {
                let raised = self.math(MathFunction::Max, &[*x, *low]);
                Instruction::Binary(Binary::Min, raised.register, high.register)
            }
            other => panic!("not interpreted: {other:?}"),
        };
        self.push(instruction, ScalarKind::Float)
    }
}

impl Frame<'_> {
    fn variable(&self, pointer: Handle<Expression>) -> Handle<LocalVariable> {
        match self.function.expressions[pointer] {
            Expression::LocalVariable(variable) => variable,
            ref other => panic!("not interpreted: a pointer to {other:?}"),
        }
    }
}
