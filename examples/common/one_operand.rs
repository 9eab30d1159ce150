//! Functions that have a curve.

use anyhow::{Result, ensure};

use crate::function::Function;

/// Reads an activation, or an expression of one operand.
pub fn of_one_operand(text: &str) -> Result<Function> {
    let function = text.parse()?;
    match function {
        Function::Expression(expression) => {
            let operands = expression.operands();
            ensure!(
                operands.len() == 1,
                "an expression of one operand is needed, but there are {}: {}",
                operands.len(),
                operands.join(", ")
            );
            Ok(function)
        }
        // The error names the kind of function that it is.
        _ => Ok(Function::Activation(text.parse()?)),
    }
}
