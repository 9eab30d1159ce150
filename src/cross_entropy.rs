//! The cross-entropy of logits and classes: its options, its text form, and its reference.

use std::fmt;
use std::str::FromStr;

use crate::parameter::{Parameter, ParameterError, Values};
use crate::text::{self, FunctionKind, ParseError, Signature};
use crate::value::{compared_by, named, text_form};
use crate::{AxisShape, Error, reference};

/// The cross-entropy of logits and target classes, as PyTorch's `cross_entropy` has it, and what
/// training of large models adds to it.
///
/// The loss of a row of logits x, whose class is t, is
/// `sum(-share * log_softmax(x)) + z_loss * logsumexp(x)^2`. Without label smoothing and weights the
/// share of t is 1, and that of all others 0. A class has `label_smoothing / classes` of the label,
/// and t has the rest besides; the weight of the class multiplies it. A row whose class is
/// `ignore_index` has neither a loss nor a gradient.
///
/// The gradient is `(sum(share) + 2 * z_loss * logsumexp(x)) * softmax(x) - share`.
///
/// A class of no share has no part in the loss, even if its logit is -Inf. A logit of NaN or +Inf
/// makes its row NaN, and so does a class that does not exist.
///
/// The text form is `cross_entropy(reduction=mean, ignore_index=-100, label_smoothing=0, z_loss=0,
/// softcap=0)`, of which any part may be left out. The axis is no part of it.
///
/// Source: Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016,
/// arXiv:1512.00567 (label smoothing); Chowdhery et al., PaLM, 2022, arXiv:2204.02311 (z-loss).
///
/// ```
/// use wgpu_activations::{AxisShape, CrossEntropy, LossReduction};
///
/// let smooth: CrossEntropy = "cross_entropy(label_smoothing=0.1)".parse()?;
/// assert_eq!(smooth, CrossEntropy { label_smoothing: 0.1, ..CrossEntropy::default() });
///
/// let each = CrossEntropy { reduction: LossReduction::None, ..CrossEntropy::default() };
/// let losses = each.forward(AxisShape::new(2, 2, 1), &[0.0, 0.0, 1.0, 1.0], &[0, -100], None)?;
/// assert_eq!(losses, [2f64.ln(), 0.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CrossEntropy {
    /// What becomes of the losses of all rows.
    pub reduction: LossReduction,
    /// The class of rows that have no loss, by default -100.
    pub ignore_index: i32,
    /// The part of each label that all classes share, from 0 to 1, by default 0.
    pub label_smoothing: f32,
    /// The factor of the square of each row's log-sum-exp, at least 0, by default 0. It is not
    /// weighted, but divided as the losses are.
    pub z_loss: f32,
    /// Caps logits before, if set: `cap * tanh(x / cap)`, as in Gemma.
    pub softcap: Option<f32>,
}

/// What becomes of the losses of all rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LossReduction {
    /// The sum, divided by the weights of the targets of all rows that are not ignored, or by their
    /// number if classes have no weights. It is NaN if all rows are ignored.
    #[default]
    Mean,
    /// The sum.
    Sum,
    /// Each row has its loss.
    None,
}

named!(LossReduction, "reduction": Mean = "mean", Sum = "sum", None = "none");

/// The whole numbers that f32 holds.
const MOST_INDEX: f32 = 16_777_216.0;

const PARAMETERS: [Parameter; 4] = [
    Parameter {
        is_whole: true,
        ..Parameter::new("ignore_index", -100.0, -MOST_INDEX..=MOST_INDEX)
    },
    Parameter::new("label_smoothing", 0.0, 0.0..=1.0),
    Parameter::new("z_loss", 0.0, 0.0..=f32::MAX),
    Parameter::new("softcap", 0.0, 0.0..=f32::MAX),
];

impl Default for CrossEntropy {
    fn default() -> Self {
        Self::of(
            LossReduction::Mean,
            PARAMETERS.each_ref().map(|parameter| parameter.default),
        )
    }
}

impl CrossEntropy {
    /// The text form of each reduction.
    pub(crate) fn signatures() -> impl Iterator<Item = Signature> {
        LossReduction::ALL.iter().map(|reduction| Signature {
            name: "cross_entropy",
            aliases: &["CrossEntropyLoss(reduction=mean, ignore_index=-100, label_smoothing=0)"],
            choice: Some(("reduction", reduction.name())),
            parameters: &PARAMETERS,
        })
    }

    fn signature(self) -> Signature {
        let all = LossReduction::ALL.iter().zip(Self::signatures());
        let mut own = all.filter(|(reduction, _)| **reduction == self.reduction);
        own.next()
            .map_or(Signature::named("cross_entropy"), |(_, signature)| {
                signature
            })
    }

    fn key(self) -> (LossReduction, i32, [u32; 2], Option<u32>) {
        let bits = [self.label_smoothing, self.z_loss].map(f32::to_bits);
        (
            self.reduction,
            self.ignore_index,
            bits,
            self.softcap.map(f32::to_bits),
        )
    }

    /// True if there is one loss for all rows.
    pub(crate) fn is_reduced(self) -> bool {
        self.reduction != LossReduction::None
    }

    fn of(reduction: LossReduction, values: Values) -> Self {
        let [ignore_index, label_smoothing, z_loss, softcap] = values;
        Self {
            reduction,
            ignore_index: ignore_index as i32,
            label_smoothing,
            z_loss,
            softcap: (softcap > 0.0).then_some(softcap),
        }
    }

    fn values(self) -> Values {
        let softcap = self.softcap.unwrap_or_default();
        [
            self.ignore_index as f32,
            self.label_smoothing,
            self.z_loss,
            softcap,
        ]
    }

    /// Checks that the values are within their ranges.
    ///
    /// # Errors
    /// [`ParameterError`] names the first value that is out of its range.
    pub fn checked(self) -> Result<Self, ParameterError> {
        self.signature().check(self.values())?;
        // In the text form 0 stands for no cap.
        let range = f32::MIN_POSITIVE..=f32::MAX;
        let refused = self.softcap.filter(|cap| !range.contains(cap));
        refused.map_or(Ok(self), |value| {
            Err(ParameterError {
                activation: "cross_entropy",
                parameter: "softcap",
                value,
                range,
                at_most: None,
            })
        })
    }

    /// Computes the loss on the CPU, in f64: one number, or one for each row. `targets` has a class
    /// for each row, and `weight` a number for each class.
    ///
    /// # Errors
    /// [`Error::Argument`] if an argument has another number of elements, or if there is no such
    /// class. [`Error::Parameter`] if an option is out of its range.
    pub fn forward(
        self,
        rows: AxisShape,
        logits: &[f64],
        targets: &[i32],
        weight: Option<&[f64]>,
    ) -> Result<Vec<f64>, Error> {
        let (weight, total) = self.weights(rows, logits, targets, weight)?;
        let (smoothing, z_loss) = (self.label_smoothing.into(), self.z_loss.into());
        let loss = |(row, target): (usize, Option<usize>)| {
            let x = self.capped(rows, logits, row);
            target.map_or(0.0, |target| {
                reference::cross_entropy(&x, target, &weight, smoothing, z_loss)
            })
        };
        let losses = self.classes(targets).enumerate().map(loss);
        Ok(match self.reduction {
            LossReduction::None => losses.collect(),
            _ => vec![losses.sum::<f64>() / total],
        })
    }

    /// Computes the gradient of the loss with respect to the logits on the CPU, in f64.
    /// `grad_output` has the shape of the loss.
    ///
    /// # Errors
    /// As [`CrossEntropy::forward`].
    pub fn backward(
        self,
        rows: AxisShape,
        logits: &[f64],
        targets: &[i32],
        weight: Option<&[f64]>,
        grad_output: &[f64],
    ) -> Result<Vec<f64>, Error> {
        let (weight, total) = self.weights(rows, logits, targets, weight)?;
        let losses = match self.reduction {
            LossReduction::None => targets.len(),
            _ => 1,
        };
        Error::check_length("grad_output", grad_output.len() as u64, losses as u64)?;
        let (smoothing, z_loss) = (self.label_smoothing.into(), self.z_loss.into());
        let mut gradient = vec![0.0; logits.len()];
        for (row, target) in self.classes(targets).enumerate() {
            let Some(target) = target else { continue };
            let x = self.capped(rows, logits, row);
            let scale = grad_output[row.min(losses - 1)] / total;
            let of_row =
                reference::cross_entropy_derivative(&x, target, &weight, smoothing, z_loss);
            for ((place, of_logit), x) in rows.positions(row).zip(of_row).zip(rows.row(logits, row))
            {
                let slope = self
                    .softcap
                    .map_or(1.0, |cap| reference::tanh_derivative(x / f64::from(cap)));
                gradient[place] = of_logit * slope * scale;
            }
        }
        Ok(gradient)
    }

    fn capped(self, rows: AxisShape, logits: &[f64], row: usize) -> Vec<f64> {
        let mut x = rows.row(logits, row);
        if let Some(cap) = self.softcap.map(f64::from) {
            x.iter_mut().for_each(|x| *x = cap * (*x / cap).tanh());
        }
        x
    }

    /// The class of each row, or `None` if it is ignored.
    fn classes(self, targets: &[i32]) -> impl Iterator<Item = Option<usize>> {
        let is_counted = move |target: &i32| *target != self.ignore_index;
        targets.iter().map(move |target| {
            Some(*target)
                .filter(is_counted)
                .map(|target| target as usize)
        })
    }

    /// The weights of all classes, and what losses are divided by, of arguments that are checked.
    fn weights(
        self,
        rows: AxisShape,
        logits: &[f64],
        targets: &[i32],
        weight: Option<&[f64]>,
    ) -> Result<(Vec<f64>, f64), Error> {
        self.checked()?;
        rows.check("logits", logits)?;
        Error::check_length("targets", targets.len() as u64, rows.outer * rows.inner)?;
        self.check_targets(targets, rows.length)?;
        let weight = weight.map_or_else(|| vec![1.0; rows.length as usize], <[f64]>::to_vec);
        Error::check_length("weight", weight.len() as u64, rows.length)?;
        let total = match self.reduction {
            LossReduction::Mean => self
                .classes(targets)
                .flatten()
                .map(|class| weight[class])
                .sum(),
            _ => 1.0,
        };
        Ok((weight, total))
    }

    /// Refuses the first class that does not exist.
    pub(crate) fn check_targets<'a>(
        self,
        targets: impl IntoIterator<Item = &'a i32>,
        classes: u64,
    ) -> Result<(), Error> {
        let exists = |target: i32| u64::try_from(target).is_ok_and(|target| target < classes);
        let mut targets = targets.into_iter();
        let refused = targets.find(|&&target| target != self.ignore_index && !exists(target));
        refused.map_or(Ok(()), |target| {
            let message = format!(
                "there is no class {target}: there are {classes}, from 0 on, and {} is ignored",
                self.ignore_index
            );
            Err(Error::argument("targets", message))
        })
    }
}

compared_by!(CrossEntropy, key);
text_form!(CrossEntropy);

impl fmt::Display for CrossEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.signature().write(self.values(), f)
    }
}

impl FromStr for CrossEntropy {
    type Err = ParseError;

    /// Reads `cross_entropy(parameter=value, …)`. What is not given takes its default.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (position, values) = text::parse(text, FunctionKind::Loss, Self::signatures())?;
        Ok(Self::of(LossReduction::ALL[position], values))
    }
}
