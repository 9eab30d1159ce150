//! The text form: `softmax(temperature=0.5)`.

use std::fmt;
use std::str::FromStr;

use super::AxisFunction;
use crate::ParseError;
use crate::activation::text::{call, nearest, shortest};

impl fmt::Display for AxisFunction {
    /// `hardmax`, or `softmax(temperature=1)`: the parameter with its value; parsing it gives the same bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.info().name;
        match self.parameters().next() {
            None => f.pad(name),
            Some((parameter, value)) => {
                f.pad(&format!("{name}({}={})", parameter.name, shortest(value)))
            }
        }
    }
}

impl FromStr for AxisFunction {
    type Err = ParseError;

    /// Reads `name` or `name(parameter=value)`; a parameter that is not given takes its default.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, arguments) = call(text)?;
        let names = Self::list().iter().map(|info| info.name);
        let unknown = || ParseError::UnknownName {
            name: name.to_owned(),
            nearest: nearest(name, names),
        };
        let mut function = *Self::ALL
            .iter()
            .find(|function| function.info().name == name)
            .ok_or_else(unknown)?;
        let activation = function.info().name;

        let mut given = Vec::new();
        for (key, value) in arguments {
            let known = function
                .info()
                .parameters
                .iter()
                .find(|parameter| parameter.name == key);
            let unknown = || ParseError::UnknownParameter {
                activation,
                parameter: key.to_owned(),
            };
            let parameter = known.ok_or_else(unknown)?.name;
            if given.contains(&parameter) {
                return Err(ParseError::Repeated {
                    activation,
                    parameter,
                });
            }
            given.push(parameter);
            let refused = || ParseError::Value {
                activation,
                parameter,
                value: value.to_owned(),
            };
            let number = value.parse().map_err(|_| refused())?;
            function = function.with(parameter, number).ok_or_else(refused)?;
        }
        Ok(function.checked()?)
    }
}
