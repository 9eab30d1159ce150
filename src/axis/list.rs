//! The one list of functions along an axis. A new one is a row here, its files in
//! `shaders/axis/functions/`, and its reference in `src/reference/axis.rs`.

use super::{AxisInfo, Kernel, Reduction};
use crate::Parameter;
use crate::list::{GROUPS, Saved, TEMPERATURE, functions, range_text, text_doc};

/// Reads rows of `Variant / CONSTANT { parameter: type = default in RANGE } = name { texts,
/// kernels }`.
macro_rules! axis_functions {
    (@optional) => { None };
    (@optional $value:expr) => { Some($value) };
    (@is_whole f32) => { false };
    (@is_whole u32) => { true };
    (@kernel $reduction:ident $file:literal) => {
        Kernel {
            reduction: Reduction::$reduction,
            #[cfg(feature = "gpu")]
            shader: include_str!(concat!("../../shaders/axis/functions/", $file, ".wgsl")),
        }
    };
    ($(
        $Variant:ident $(/ $CONSTANT:ident {
            $parameter:ident: $type:ident = $default:literal in $range:ident
        })? = $name:ident {
            $($field:ident: $text:literal),+;
            $(aliases: [$($alias:literal),+],)?
            forward: $forward:ident $forward_file:literal,
            backward: $backward:ident $backward_file:literal from $saved:ident,
            $(twice: [$($twice:ident $twice_file:literal),+],)?
        }
    )+) => { functions! {
        /// A function along an axis of a tensor, with the value of its parameter.
        ///
        /// NaN gives NaN in the whole row, in both directions. A parameter may take any value in
        /// its range; kernels refuse other values with [`ParameterError`](crate::ParameterError).
        ///
        /// The text form has the name in lower case, as in `softmax(temperature=0.5)`. Names of
        /// other libraries are read, too; the [aliases](AxisInfo::aliases) of the list have them.
        /// The axis is no part of it.
        ///
        /// ```
        /// use wgpu_activations::{AxisFunction, AxisShape};
        ///
        /// let function: AxisFunction = "softmax(temperature=0.5)".parse().unwrap();
        /// assert_eq!(function, AxisFunction::Softmax { temperature: 0.5 });
        /// assert_eq!("softmax".parse(), Ok(AxisFunction::SOFTMAX));
        /// assert_eq!("LogSoftmax".parse(), Ok(AxisFunction::LOG_SOFTMAX));
        ///
        /// let rows = AxisShape::along(&[2, 2], -1)?;
        /// let y = AxisFunction::SOFTMAX.forward(rows, &[1.0, 1.0, 5.0, f64::NEG_INFINITY])?;
        /// assert_eq!(y, [0.5, 0.5, 1.0, 0.0]);
        /// # Ok::<(), wgpu_activations::Error>(())
        /// ```
        AxisFunction: AxisInfo, AlongAxis;
        $(
            #[doc = concat!("**", stringify!($name), "**")]
            $(#[doc = text_doc!("Gradient with respect to x: " $field $text)])+
            $Variant $(/ $CONSTANT { $parameter: $type = $default in $range })? => AxisInfo {
                name: stringify!($name),
                aliases: &[$($($alias),+)?],
                parameters: &[$(Parameter {
                    is_whole: axis_functions!(@is_whole $type),
                    ..Parameter::new(stringify!($parameter), $default as f32, $range)
                })?],
                $($field: $text,)+
                saved: Saved::$saved,
                forward: axis_functions!(@kernel $forward $forward_file),
                backward: axis_functions!(@kernel $backward $backward_file),
                double_backward: axis_functions!(@optional $([
                    $(axis_functions!(@kernel $twice $twice_file)),+
                ])?),
            };
        )+
    } };
}

axis_functions! {
    Softmax / SOFTMAX { temperature: f32 = 1.0 in TEMPERATURE } = softmax {
        formula: "exp(x / temperature) / sum(exp(x / temperature))",
        derivative: "y * (grad_output - sum(y * grad_output)) / temperature, y = softmax(x)",
        conventions: "-Inf gives 0. A row of only -Inf gives NaN as in PyTorch, or zeros on request. A row with +Inf gives NaN.",
        source: "Bridle, Probabilistic Interpretation of Feedforward Classification Network Outputs, 1990; temperature: Hinton, Vinyals and Dean, 2015, arXiv:1503.02531",
        strengths: "Positive numbers whose sum is 1; smooth; the temperature sets how sharp it is.",
        weaknesses: "Never exactly 0; its gradient vanishes where it saturates; log_softmax is better where the logarithm is wanted.",
        used: "Attention, mixtures of experts, classifiers.";
        aliases: ["Softmax"],
        forward: Exponentials "softmax",
        backward: Gradients "softmax_backward" from Output,
        twice: [
            Gradients "softmax_backward",
            TwoSums "softmax_double_backward",
            Gradients "softmax_backward"
        ],
    }
    LogSoftmax / LOG_SOFTMAX { temperature: f32 = 1.0 in TEMPERATURE } = log_softmax {
        formula: "x / temperature - log(sum(exp(x / temperature)))",
        derivative: "(grad_output - exp(y) * sum(grad_output)) / temperature, y = log_softmax(x)",
        conventions: "-Inf gives -Inf. A row of only -Inf gives NaN as in PyTorch, or -Inf on request, which is the logarithm of 0. A row with +Inf gives NaN.",
        source: "Bridle, Probabilistic Interpretation of Feedforward Classification Network Outputs, 1990",
        strengths: "Accurate where softmax underflows, and where a probability is near 1.",
        weaknesses: "Unbounded below.",
        used: "Cross-entropy losses, language models.";
        aliases: ["LogSoftmax"],
        forward: Exponentials "log_softmax",
        backward: Gradients "log_softmax_backward" from Output,
        twice: [
            Tangents "log_softmax_tangent",
            Gradients "log_softmax_double_backward",
            Tangents "log_softmax_grad_output"
        ],
    }
    Softmin / SOFTMIN { temperature: f32 = 1.0 in TEMPERATURE } = softmin {
        formula: "exp(-x / temperature) / sum(exp(-x / temperature))",
        derivative: "-y * (grad_output - sum(y * grad_output)) / temperature, y = softmin(x)",
        conventions: "As softmax of -x, so that +Inf gives 0. A mask is added to -x.",
        source: "PyTorch, torch.nn.Softmin",
        strengths: "Turns distances into weights.",
        weaknesses: "The weaknesses of softmax.",
        used: "Prototypical networks, stereo matching.";
        aliases: ["Softmin"],
        forward: Exponentials "softmax",
        backward: Gradients "softmax_backward" from Output,
        twice: [
            Gradients "softmax_backward",
            TwoSums "softmax_double_backward",
            Gradients "softmax_backward"
        ],
    }
    Sparsemax = sparsemax {
        formula: "max(x - threshold, 0), where the threshold makes the sum 1",
        derivative: "grad_output - mean(grad_output) over the elements where y > 0, else 0, y = sparsemax(x)",
        conventions: "The nearest point to x whose elements are probabilities. -Inf gives 0. A row of only -Inf gives NaN, or zeros on request. A row with +Inf gives NaN. The gradient is 0 where y is 0, the threshold itself included.",
        source: "Martins and Astudillo, From Softmax to Sparsemax: A Sparse Model of Attention and Multi-Label Classification, ICML 2016, arXiv:1602.02068",
        strengths: "Gives exact zeros, so that few elements share the weight; linear in pieces.",
        weaknesses: "No gradient reaches the elements with weight 0; saturates as soon as the largest element leads by 1; slower than softmax, since the threshold is searched for.",
        used: "Sparse attention, multi-label classification, topic models.";
        aliases: ["Sparsemax"],
        forward: Threshold "sparsemax",
        backward: WeightedMean "sparsemax_backward" from Output,
    }
    Entmax15 = entmax15 {
        formula: "max(x / 2 - threshold, 0)^2, where the threshold makes the sum 1",
        derivative: "w * (grad_output - sum(w * grad_output) / sum(w)), w = sqrt(y), y = entmax15(x)",
        conventions: "Tsallis entropies with alpha = 1.5, between softmax (1) and sparsemax (2). -Inf gives 0. A row of only -Inf gives NaN, or zeros on request. A row with +Inf gives NaN. The gradient is 0 where y is 0.",
        source: "Peters, Niculae and Martins, Sparse Sequence-to-Sequence Models, ACL 2019, arXiv:1905.05702",
        strengths: "Gives exact zeros as sparsemax does, and has no kink.",
        weaknesses: "No gradient reaches the elements with weight 0; slower than softmax, since the threshold is searched for.",
        used: "Sparse attention, sequence-to-sequence models.";
        aliases: ["Entmax15"],
        forward: Threshold "entmax15",
        backward: WeightedMean "entmax15_backward" from Output,
    }
    Logsumexp = logsumexp {
        formula: "log(sum(exp(x))), one for each row",
        derivative: "grad_output * softmax(x)",
        conventions: "A row of only -Inf gives -Inf, and a row with +Inf gives +Inf; their gradients are NaN.",
        source: "Blanchard, Higham and Higham, Accurately computing the log-sum-exp and softmax functions, 2021",
        strengths: "A smooth maximum.",
        weaknesses: "Where it is near 0, its error is relative only to the largest |x|.",
        used: "Losses, energy-based models, conditional random fields.";
        aliases: ["LogSumExp", "ReduceLogSumExp"],
        forward: Exponentials "logsumexp",
        backward: Exponentials "logsumexp_backward" from Input,
    }
    Hardmax = hardmax {
        formula: "1 at the first of the largest elements of a row, else 0",
        derivative: "0",
        conventions: "As in ONNX since version 13: only elements along the axis are compared.",
        source: "ONNX, operator Hardmax, version 13",
        strengths: "A decision, one-hot.",
        weaknesses: "No gradient.",
        used: "Hard attention, quantization, evaluation.";
        aliases: ["Hardmax"],
        forward: Maxima "hardmax",
        backward: Nothing "hardmax_backward" from Input,
    }
    Maxout / MAXOUT { groups: u32 = 2 in GROUPS } = maxout {
        formula: "max(x_k) over each `groups` consecutive elements along the axis",
        derivative: "grad_output at the first of the largest, else 0",
        conventions: "As in PaddlePaddle: an axis of n elements becomes one of n / groups. The maximum of -0 and +0 is +0.",
        source: "Goodfellow et al., Maxout Networks, ICML 2013, arXiv:1302.4389",
        strengths: "Learns the shape of a convex activation; does not saturate.",
        weaknesses: "Needs `groups` times the weights.",
        used: "Maxout networks, speech recognition.";
        aliases: ["Maxout(groups=2)"],
        forward: Maxima "maxout",
        backward: Maxima "maxout_backward" from Input,
    }
    Crelu = crelu {
        formula: "max(0, x), then max(0, -x), along the axis",
        derivative: "grad_output of the first half if x > 0, -grad_output of the second if x < 0, 0 at 0",
        conventions: "As in TensorFlow: an axis of n elements becomes one of 2 n.",
        source: "Shang et al., Understanding and Improving Convolutional Neural Networks via Concatenated Rectified Linear Units, ICML 2016, arXiv:1603.05201",
        strengths: "Keeps what relu throws away.",
        weaknesses: "Doubles the channels.",
        used: "Early layers of convolutional networks.";
        aliases: ["CReLU"],
        forward: Nothing "crelu",
        backward: Nothing "crelu_backward" from Input,
    }
}
