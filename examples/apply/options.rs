//! The options of a job.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use wgpu_activations::{Activation, Dtype, Error, Expression, GluLayout};

use crate::function::Function;
use crate::input::Input;
use crate::words::words;

#[derive(Args)]
pub struct Job {
    /// The function to apply, such as `relu`, `elu(alpha=0.5)`, `softmax`, `swiglu`,
    /// `gated(mish)`, `cross_entropy(label_smoothing=0.1)`, or an expression, such as `gelu(x + bias) * gate`: docs/expressions.md has
    /// the language.
    #[arg(value_name = "FUNCTION")]
    pub function: Function,
    /// Read the tensor x from this file: float16, float32, float64, bfloat16, integers or bool.
    /// All types but floats of 16 and 32 bits are converted to float32.
    #[arg(long, value_name = "X.npy")]
    pub input: PathBuf,
    /// Write the result to this file: f(x), or with --grad the gradient with respect to x.
    #[arg(long, value_name = "Y.npy")]
    pub output: PathBuf,
    /// The type of the results. By default it is that of x, or of the gates for --grad-gate, if it
    /// is one of these, else f32; and f32 for --grad-weight. NumPy reads bf16 as `V2`: call
    /// `.view(ml_dtypes.bfloat16)` on it.
    #[arg(long, value_parser = words::<Dtype>(&["f32", "f16", "bf16"]))]
    pub dtype: Option<Dtype>,
    /// Read the gradient with respect to f(x) from this file. It has the shape of f(x).
    #[arg(long, value_name = "DY.npy")]
    pub grad: Option<PathBuf>,
    /// Take --input for the output f(x): the gradient is computed from it. --list says which functions
    /// let it.
    #[arg(long, requires = "grad", conflicts_with_all = ["weight", "grad_weight"])]
    pub from_output: bool,
    /// Read the values of a learned parameter from this file: one number, one for each channel, or
    /// values of any shape that broadcasts to that of x. For cross_entropy: a weight for each class.
    #[arg(long, value_name = "W.npy")]
    pub weight: Option<PathBuf>,
    /// Write the gradient with respect to the learned parameter to this file. Without --weight it
    /// is one number. Since it is a sum, x must fit in memory.
    #[arg(long, value_name = "DW.npy", requires = "grad")]
    pub grad_weight: Option<PathBuf>,
    /// The name of the parameter for --weight and --grad-weight. By default it is the first that
    /// can be learned.
    #[arg(long, value_name = "NAME")]
    pub parameter: Option<String>,
    /// The dimension that softmax and the like go along or that a gated unit is split along, by
    /// default -1, or the dimension of the channels of --weight, by default 1 as in PyTorch. A
    /// negative number counts from the end.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub axis: Option<isize>,
    /// Read a mask from this file and add it to x first, such as 0 and -inf. A boolean mask says
    /// which elements count. Its shape broadcasts to that of x. Softmax, log_softmax, softmin,
    /// hardmax, sparsemax and entmax15 take one.
    #[arg(long, value_name = "M.npy")]
    pub mask: Option<PathBuf>,
    /// Take only those elements of a row that its query may see. Rows are those of queries, and
    /// elements those of keys. The last query sees the last key.
    #[arg(long)]
    pub causal: bool,
    /// The last key that query 0 sees with --causal: the number of cached keys.
    #[arg(
        long,
        value_name = "N",
        allow_negative_numbers = true,
        requires = "causal"
    )]
    pub offset: Option<i64>,
    /// The most keys that a query sees with --causal, the last ones.
    #[arg(long, value_name = "N", requires = "causal")]
    pub window: Option<u64>,
    /// Read sinks from this file: a logit more in the sum of each row. Their shape broadcasts to
    /// that of x, and is 1 along the axis.
    #[arg(long, value_name = "S.npy")]
    pub sink: Option<PathBuf>,
    /// Write the gradient with respect to the sinks to this file.
    #[arg(long, value_name = "DS.npy", requires = "grad", requires = "sink")]
    pub grad_sink: Option<PathBuf>,
    /// Cap x smoothly before the mask is added: CAP * tanh(x / CAP).
    #[arg(long, value_name = "CAP")]
    pub softcap: Option<f32>,
    /// Write the logarithm of the sum of exponentials of each row to this file.
    #[arg(long, value_name = "L.npy", conflicts_with = "grad")]
    pub logsumexp: Option<PathBuf>,
    /// Read the class of each row of logits from this file, for cross_entropy: whole numbers, of the
    /// shape of x without the axis.
    #[arg(long, value_name = "T.npy")]
    pub targets: Option<PathBuf>,
    /// Read the gates of a gated unit from this file; --input then holds the values. Without this
    /// option --input holds both.
    #[arg(long, value_name = "G.npy", conflicts_with = "axis")]
    pub gate: Option<PathBuf>,
    /// Write the gradient with respect to the gates to this file; --output gets the gradient with
    /// respect to the values.
    #[arg(long, value_name = "DG.npy", requires = "grad", requires = "gate")]
    pub grad_gate: Option<PathBuf>,
    /// The layout of values and gates in --input [default: value-gate]
    #[arg(long, value_parser = words::<GluLayout>(&["value-gate", "gate-value", "interleaved"]), conflicts_with = "gate")]
    pub halves: Option<GluLayout>,
    /// The value of an operand of an expression besides x, which is --input: a file or a number.
    /// All operands are broadcast together. This option is given once for each operand.
    #[arg(long, value_name = "NAME=B.npy")]
    pub operand: Vec<NamedValue>,
    /// Write the gradient with respect to an operand to this file; --output gets that with respect
    /// to x. A gradient has the shape of its operand.
    #[arg(long, value_name = "NAME=DB.npy", requires = "grad")]
    pub grad_operand: Vec<NamedFile>,
    /// The seed of the random numbers of dropout in an expression [default: 0]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Compare the results with f64 math on the CPU, and print the worst one.
    #[arg(long)]
    pub check: bool,
}

/// The operand that `--input` has.
pub const X: &str = "x";

/// `NAME=FILE` or `NAME=NUMBER`.
#[derive(Clone)]
pub struct NamedValue {
    pub name: String,
    pub value: Given,
}

/// The value of an operand.
#[derive(Clone)]
pub enum Given {
    File(PathBuf),
    Number(f32),
}

/// `NAME=FILE`.
#[derive(Clone)]
pub struct NamedFile {
    pub name: String,
    pub path: PathBuf,
}

impl FromStr for NamedFile {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, path)) if !name.trim().is_empty() && !path.is_empty() => Ok(Self {
                name: name.trim().to_owned(),
                path: path.into(),
            }),
            _ => Err("write it as `NAME=FILE`"),
        }
    }
}

impl FromStr for NamedValue {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let NamedFile { name, path } = text.parse()?;
        let number = path.to_str().and_then(|text| text.parse().ok());
        let value = number.map_or(Given::File(path), Given::Number);
        Ok(Self { name, value })
    }
}

impl fmt::Display for NamedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Given::File(path) => write!(f, "{}={}", self.name, path.display()),
            Given::Number(number) => write!(f, "{}={number}", self.name),
        }
    }
}

impl fmt::Display for NamedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.path.display())
    }
}

impl Job {
    /// The type of a result that belongs to this input.
    pub fn dtype(&self, input: &Input) -> Dtype {
        self.dtype.unwrap_or(input.header.number.dtype())
    }

    /// Names the learned parameter. If there is none, the name is no parameter's.
    pub fn learned(&self, activation: Activation) -> &str {
        let mut parameters = activation.info().parameters.iter();
        let first = parameters.find(|parameter| parameter.is_learnable());
        let first = first.map_or("learned", |parameter| parameter.name);
        self.parameter.as_deref().unwrap_or(first)
    }

    /// Refuses options that the function does not have.
    pub fn check_options(&self) -> Result<()> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let options = [
            ("--weight", path(&self.weight)),
            ("--grad-weight", path(&self.grad_weight)),
            ("--parameter", self.parameter.clone()),
            ("--from-output", self.from_output.then(String::new)),
            ("--mask", path(&self.mask)),
            ("--causal", self.causal.then(String::new)),
            ("--sink", path(&self.sink)),
            ("--softcap", self.softcap.map(|cap| cap.to_string())),
            ("--logsumexp", path(&self.logsumexp)),
            ("--targets", path(&self.targets)),
            ("--gate", path(&self.gate)),
            ("--halves", self.halves.map(|halves| halves.to_string())),
            ("--axis", self.axis.map(|axis| axis.to_string())),
            ("--operand", self.operand.first().map(ToString::to_string)),
            (
                "--grad-operand",
                self.grad_operand.first().map(ToString::to_string),
            ),
            ("--seed", self.seed.map(|seed| seed.to_string())),
        ];
        for (option, value) in options {
            let Some(value) = value else { continue };
            let owner = match (option, self.function) {
                ("--axis", Function::Activation(_)) if self.weight.is_none() => {
                    "activations have an axis only with a --weight"
                }
                ("--weight", Function::Loss(_)) => continue,
                ("--targets", kind) if !matches!(kind, Function::Loss(_)) => {
                    "only cross_entropy takes classes"
                }
                ("--weight" | "--grad-weight" | "--parameter", kind)
                    if !matches!(kind, Function::Activation(_)) =>
                {
                    "only activations have parameters that can be learned"
                }
                ("--from-output", kind) if !matches!(kind, Function::Activation(_)) => {
                    "only the gradients of activations are computed from either x or the output"
                }
                ("--axis", Function::Expression(_)) => "expressions have no axis",
                ("--mask", kind) if !matches!(kind, Function::AlongAxis(_)) => {
                    "only softmax, log_softmax, softmin, hardmax, sparsemax and entmax15 take a mask"
                }
                ("--causal" | "--sink" | "--softcap" | "--logsumexp", kind)
                    if !matches!(kind, Function::AlongAxis(_)) =>
                {
                    "only softmax and other functions along an axis take it"
                }
                ("--operand" | "--grad-operand" | "--seed", kind)
                    if !matches!(kind, Function::Expression(_)) =>
                {
                    "only expressions have operands besides x, and dropout"
                }
                ("--gate" | "--halves", kind) if !matches!(kind, Function::Glu(_)) => {
                    "only gated units, such as glu, have gates"
                }
                _ => continue,
            };
            let given = format!("{option} {value}");
            return Err(anyhow!(
                "{}: {owner}, but this is {}",
                given.trim_end(),
                self.function
            ));
        }
        match self.function {
            Function::Expression(expression) => self.check_operands(expression),
            _ => Ok(()),
        }
    }

    /// Refuses operands that an expression does not have, and an expression that has others.
    fn check_operands(&self, expression: &Expression) -> Result<()> {
        let names = expression.operands();
        let has = |name: &str| names.iter().any(|known| known == name);
        let is_own = |name: &str| {
            ensure!(
                has(name),
                "the expression has no operand `{name}`: it has {}",
                if names.is_empty() {
                    "none".to_owned()
                } else {
                    names.join(", ")
                }
            );
            Ok(())
        };
        is_own(X).with_context(|| format!("--input {}", self.input.display()))?;
        let given = self.operand.iter().map(|operand| {
            let option = format!("--operand {operand}");
            (option, operand.name.as_str(), "--input is x")
        });
        let gradients = self.grad_operand.iter().map(|operand| {
            let option = format!("--grad-operand {operand}");
            (
                option,
                operand.name.as_str(),
                "--output gets the gradient with respect to x",
            )
        });
        let (given, gradients): (Vec<_>, Vec<_>) = (given.collect(), gradients.collect());
        for all in [&given, &gradients] {
            for (k, (option, name, of_x)) in all.iter().enumerate() {
                is_own(name).with_context(|| option.clone())?;
                ensure!(*name != X, "{option}: {of_x}");
                let is_known = all[..k].iter().any(|(_, other, _)| other == name);
                ensure!(!is_known, "{option}: {name} is given twice");
            }
        }
        let missing = names
            .iter()
            .find(|name| *name != X && !given.iter().any(|(_, given, _)| given == name));
        if let Some(name) = missing {
            bail!(
                "{expression}: the operand `{name}` is missing: give a file or a number with \
                 --operand {name}=…"
            );
        }
        if self.grad.is_some() {
            let gradients = gradients
                .iter()
                .map(|(option, name, _)| (option.as_str(), *name));
            for (option, name) in [("--output", X)].into_iter().chain(gradients) {
                expression
                    .gradient(name)
                    .with_context(|| option.to_owned())?;
            }
        }
        Ok(())
    }

    /// Names the command-line option that an error is about.
    pub fn blame(&self, error: Error) -> anyhow::Error {
        let Error::Argument { argument, message } = &error else {
            return error.into();
        };
        let path = |option, path: &Option<PathBuf>| {
            path.as_ref()
                .map(|path| format!("{option} {}", path.display()))
        };
        let option = match (argument.as_ref(), self.function) {
            ("activation", _) if self.from_output => Some("--from-output".to_owned()),
            ("axis", _) => Some(format!("--axis {}", self.axis.unwrap_or(-1))),
            // Only the split of a gated unit refuses x, for its length along the axis.
            ("x", Function::Glu(_)) => Some(format!("--axis {}", self.axis.unwrap_or(-1))),
            ("grad_output", _) => path("--grad", &self.grad),
            ("gate", _) => path("--gate", &self.gate),
            ("mask", _) => path("--mask", &self.mask),
            ("causal", _) if self.window == Some(0) => Some("--window 0".to_owned()),
            ("causal", _) => Some("--causal".to_owned()),
            ("sink", _) => path("--sink", &self.sink),
            ("softcap", _) => self.softcap.map(|cap| format!("--softcap {cap}")),
            ("logsumexp", _) => path("--logsumexp", &self.logsumexp),
            ("targets", _) => path("--targets", &self.targets),
            ("weight", Function::Loss(_)) => path("--weight", &self.weight),
            (name, Function::Activation(activation)) if name == self.learned(activation) => {
                let mut known = activation.info().parameters.iter();
                let is_known = known.any(|known| known.name == name && known.is_learnable());
                let unknown = self.parameter.as_ref().filter(|_| !is_known);
                unknown
                    .map(|name| format!("--parameter {name}"))
                    .or_else(|| path("--weight", &self.weight))
                    .or_else(|| path("--grad-weight", &self.grad_weight))
            }
            _ => None,
        };
        match option {
            Some(option) => anyhow!("{option}: {message}"),
            None => error.into(),
        }
    }
}
