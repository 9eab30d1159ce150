//! The one list of activations. A new activation is a row here, a file in `shaders/activations/`
//! and a reference in `src/reference/`.

#![allow(
    clippy::approx_constant,
    reason = "a default is the number of its source, with as many digits"
)]
#![allow(
    clippy::excessive_precision,
    reason = "a default that is marked (real) has more digits than an f32"
)]

use super::reference::{CallWith, References};
use super::table::activations;
use super::{ActivationInfo, FromOutput};
use crate::Parameter;
use crate::list::*;
use crate::parameter::Reference;
use crate::reference;

activations! {
    Identity = identity, identity_derivative {
        formula: "x",
        derivative: "1",
        kinks: "f(-0) = -0.",
        source: "Widrow and Hoff, Adaptive Switching Circuits, IRE WESCON Convention Record, 1960",
        strengths: "Leaves a layer linear where no activation is wanted.",
        weaknesses: "Linear layers with only this between them are worth no more than one.",
        used: "Outputs of regressions; bottlenecks of MobileNetV2.";
        aliases: ["Identity", "linear", "LinearActivation"],
        ulps: [0.0, 0.0],
    }
    Relu = relu, relu_derivative {
        formula: "max(0, x)",
        derivative: "1 if x > 0, else 0",
        kinks: "f'(0) = 0. f(-0) = -0.",
        source: "Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, ICML 2010",
        strengths: "Cheap; no vanishing gradient for x > 0; about half of the outputs are 0 (sparse).",
        weaknesses: "A unit that never sees x > 0 is dead, since its gradient is 0; outputs are not centred.",
        used: "Most convolutional networks.";
        aliases: ["ReLU(inplace=False)", "Relu"],
        ulps: [0.0, 0.0],
        from_output: relu_derivative_from_output [0.0],
    }
    Relu6 = relu6, relu6_derivative {
        formula: "min(max(0, x), 6)",
        derivative: "1 if 0 < x < 6, else 0",
        kinks: "f'(0) = 0, f'(6) = 0. f(-0) = -0.",
        source: "Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10, 2010",
        strengths: "A relu whose range fits into numbers of few bits.",
        weaknesses: "No gradient below 0 and above 6.",
        used: "MobileNet, quantized networks.";
        aliases: ["ReLU6(inplace=False)"],
        ulps: [0.0, 0.0],
        from_output: relu6_derivative_from_output [0.0],
    }
    Hardtanh / HARDTANH {
        min_val: -1.0 in ANY => hardtanh_derivative_min_val,
        max_val: 1.0 in ANY => hardtanh_derivative_max_val
    } = hardtanh, hardtanh_derivative {
        formula: "min(max(x, min_val), max_val)",
        derivative: "1 if min_val < x < max_val, else 0; with respect to min_val: 1 if x <= min_val < max_val, else 0; to max_val: 1 if max(x, min_val) >= max_val, else 0",
        kinks: "f'(min_val) = f'(max_val) = 0. If min_val >= max_val, which training may lead to, f = max_val everywhere, as torch.clamp has it.",
        source: "Collobert, Large Scale Machine Learning, 2004",
        strengths: "A tanh without an exponential; exact at its ends.",
        weaknesses: "No gradient outside of the range, so that units die on both sides.",
        used: "Binarized networks, bounded outputs.";
        aliases: ["Hardtanh(min_val=-1, max_val=1, inplace=False)", "hard_tanh"],
        ulps: [0.0, 0.0],
        from_output: hardtanh_derivative_from_output [0.0],
    }
    Threshold / THRESHOLD {
        threshold: 0.0 in ANY,
        value: 0.0 in ANY => threshold_derivative_value
    } = threshold, threshold_derivative {
        formula: "x if x > threshold, else value",
        derivative: "1 if x > threshold, else 0; with respect to value: 0 if x > threshold, else 1",
        kinks: "f'(threshold) = 0. PyTorch has no default parameters; those here make it relu, except that f(-0) = 0.",
        source: "Collobert et al., Torch7: A Matlab-like Environment for Machine Learning, 2011",
        strengths: "Sparse; exact.",
        weaknesses: "Jumps unless value = threshold.",
        used: "Sparse coding; thresholded relus of autoencoders.";
        aliases: ["Threshold(threshold=0, value=0, inplace=False)", "ThresholdedRelu(alpha=1)", "ThresholdedReLU(theta=1)"],
        ulps: [0.0, 0.0],
    }
    ReluSquared = relu_squared, relu_squared_derivative, relu_squared_second_derivative {
        formula: "max(0, x)^2",
        derivative: "2 * max(0, x)",
        kinks: "f''(0) = 0.",
        source: "So et al., Primer: Searching for Efficient Transformers for Language Modeling, NeurIPS 2021, arXiv:2109.08668",
        strengths: "Sparse and smooth at 0; trains transformers faster than gelu at the same cost.",
        weaknesses: "Grows as a square: large inputs overflow 16-bit numbers.",
        used: "Primer, RWKV, Nemotron-4.";
        aliases: ["relu2", "ReLUSquaredActivation"],
        ulps: [0.5, 0.0],
    }
    StarRelu / STAR_RELU {
        scale: 0.8944 in ANY => star_relu_derivative_scale,
        bias: -0.4472 in ANY => star_relu_derivative_bias
    } = star_relu, star_relu_derivative, star_relu_second_derivative {
        formula: "scale * max(0, x)^2 + bias",
        derivative: "2 * scale * max(0, x); with respect to scale: max(0, x)^2; to bias: 1",
        kinks: "f''(0) = 0.",
        source: "Yu et al., MetaFormer Baselines for Vision, TPAMI 2024, arXiv:2210.13452",
        strengths: "A squared relu with mean 0 and variance 1 for normal inputs; cheaper than gelu.",
        weaknesses: "Grows as a square: large inputs overflow 16-bit numbers.",
        used: "ConvFormer, CAFormer.";
        ulps: [2.6, 0.5],
    }
    LeakyRelu / LEAKY_RELU {
        negative_slope: 0.01 in ANY => leaky_relu_derivative_negative_slope
    } = leaky_relu, leaky_relu_derivative {
        formula: "x if x > 0, else negative_slope * x",
        derivative: "1 if x > 0, else negative_slope; with respect to negative_slope: 0 if x > 0, else x",
        kinks: "f'(0) = negative_slope. f(-0) = -0.",
        source: "Maas, Hannun and Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models, ICML 2013",
        strengths: "Like relu, but without dead units.",
        weaknesses: "One more number to choose; outputs are not sparse.",
        used: "GAN discriminators, detection networks (YOLO).";
        aliases: ["LeakyReLU(negative_slope=0.01, inplace=False)", "LeakyRelu(alpha=0.01)"],
        ulps: [0.5, 0.0],
        from_output: leaky_relu_derivative_from_output [0.0] where negative_slope in NONNEGATIVE,
    }
    Prelu / PRELU { weight: 0.25 in ANY => prelu_derivative_weight } = prelu, prelu_derivative {
        formula: "x if x > 0, else weight * x",
        derivative: "1 if x > 0, else weight; with respect to weight: 0 if x > 0, else x",
        kinks: "f'(0) = weight. f(-0) = -0.",
        source: "He, Zhang, Ren and Sun, Delving Deep into Rectifiers, ICCV 2015, arXiv:1502.01852",
        strengths: "The slope is learned: one for all channels, or one for each.",
        weaknesses: "May overfit on small data; weight decay pulls the slope to 0.",
        used: "Super-resolution and face recognition networks.";
        aliases: ["PReLU(num_parameters=1, init=0.25)", "PRelu(slope=0.25)"],
        ulps: [0.5, 0.0],
    }
    Rrelu / RRELU {
        lower: 0.125 in FINITE up_to upper,
        upper: 0.333_333_333_333_333_333 (real) in FINITE
    } = rrelu, rrelu_derivative {
        formula: "x if x > 0, else (lower + upper) / 2 * x; in training a * x with a random slope a from lower to upper",
        derivative: "1 if x > 0, else (lower + upper) / 2; in training a",
        kinks: "f'(0) is the slope for x < 0. f(-0) = -0. With both defaults, upper is 1/3 itself, not the nearest f32.",
        source: "Xu, Wang, Chen and Li, Empirical Evaluation of Rectified Activations in Convolutional Network, 2015, arXiv:1505.00853",
        strengths: "Random slopes regularize as dropout does; no dead units.",
        weaknesses: "Needs random numbers in training; evaluation uses another function.",
        used: "Small image data sets.";
        aliases: ["RReLU(lower=0.125, upper=0.3333333333333333, inplace=False)"],
        ulps: [1.3, 0.55],
        training: [rrelu_training, rrelu_training_derivative],
    }
    Elu / ELU {
        alpha: 1.0 in ANY => elu_derivative_alpha
    } = elu, elu_derivative, elu_second_derivative {
        formula: "x if x > 0, else alpha * (exp(x) - 1)",
        derivative: "1 if x > 0, else alpha * exp(x); with respect to alpha: 0 if x > 0, else exp(x) - 1",
        kinks: "f'(0) = alpha, f''(0) = 0. f(-0) = -0.",
        source: "Clevert, Unterthiner and Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear Units, ICLR 2016, arXiv:1511.07289",
        strengths: "Negative outputs keep the mean near 0; no dead units; smooth at 0 for alpha = 1.",
        weaknesses: "An exponential; saturates for negative x.",
        used: "Networks without batch normalization; reinforcement learning.";
        aliases: ["ELU(alpha=1, inplace=False)", "Elu(alpha=1)"],
        ulps: [1.9, 2.25],
        from_output: elu_derivative_from_output [0.5] where alpha in NONNEGATIVE,
    }
    Selu / SELU {
        alpha: 1.6732632423543772848 (real) in ANY => selu_derivative_alpha,
        scale: 1.0507009873554804934 (real) in ANY => selu_derivative_scale
    } = selu, selu_derivative, selu_second_derivative {
        formula: "scale * x if x > 0, else scale * alpha * (exp(x) - 1)",
        derivative: "scale if x > 0, else scale * alpha * exp(x); with respect to alpha: 0 if x > 0, else scale * (exp(x) - 1); to scale: x if x > 0, else alpha * (exp(x) - 1)",
        kinks: "f'(0) = scale * alpha, f''(0) = 0. f(-0) = -0.",
        source: "Klambauer, Unterthiner, Mayr and Hochreiter, Self-Normalizing Neural Networks, NeurIPS 2017, arXiv:1706.02515",
        strengths: "Keeps mean 0 and variance 1 from layer to layer, without normalization.",
        weaknesses: "Works only with LeCun initialization, alpha dropout and plain feed-forward layers.",
        used: "Deep feed-forward networks on tables.";
        aliases: ["SELU(inplace=False)", "Selu(alpha=1.6732632, gamma=1.050701)"],
        ulps: [2.75, 3.1],
        from_output: selu_derivative_from_output [1.0] where alpha in MODERATE, scale in MODERATE,
    }
    Celu / CELU {
        alpha: 1.0 in ANY => celu_derivative_alpha
    } = celu, celu_derivative, celu_second_derivative {
        formula: "x if x > 0, else alpha * (exp(x / alpha) - 1)",
        derivative: "1 if x > 0, else exp(z), z = x / alpha; with respect to alpha: 0 if x > 0, else exp(z) - 1 - z * exp(z)",
        kinks: "f''(0) = 0. f(-0) = -0. alpha = 0 gives the limit max(0, x), and an infinite alpha NaN for x < 0.",
        source: "Barron, Continuously Differentiable Exponential Linear Units, 2017, arXiv:1704.07483",
        strengths: "An elu whose derivative is continuous for every alpha.",
        weaknesses: "An exponential and a division; saturates for negative x.",
        used: "Networks whose alpha is tuned or learned.";
        aliases: ["CELU(alpha=1, inplace=False)", "Celu(alpha=1)"],
        ulps: [2.35, 1.5],
        from_output: celu_derivative_from_output [1.5] where alpha in POSITIVE,
    }
    Sigmoid = sigmoid, sigmoid_derivative, sigmoid_second_derivative {
        formula: "1 / (1 + exp(-x))",
        derivative: "f(x) * (1 - f(x)) = exp(-|x|) / (1 + exp(-|x|))^2",
        kinks: "",
        source: "Rumelhart, Hinton and Williams, Learning Representations by Back-propagating Errors, Nature 323, 1986",
        strengths: "A probability; monotonic, smooth, bounded.",
        weaknesses: "Gradients vanish on both sides and are at most 1/4; outputs are not centred.",
        used: "Binary outputs, gates of LSTM and attention.";
        aliases: ["Sigmoid"],
        ulps: [3.25, 3.3],
        from_output: sigmoid_derivative_from_output [1.5],
    }
    Logsigmoid = logsigmoid, logsigmoid_derivative, logsigmoid_second_derivative {
        formula: "-log(1 + exp(-x))",
        derivative: "1 / (1 + exp(x))",
        kinks: "",
        source: "Collobert et al., Torch7: A Matlab-like Environment for Machine Learning, 2011",
        strengths: "The logarithm of a probability, without its underflow.",
        weaknesses: "Unsuited to hidden layers, since it is unbounded below.",
        used: "Losses: binary cross-entropy, contrastive and preference learning (DPO).";
        aliases: ["LogSigmoid", "log_sigmoid"],
        ulps: [2.4, 3.3],
    }
    Tanh = tanh, tanh_derivative, tanh_second_derivative {
        formula: "(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
        derivative: "1 - f(x)^2 = 4 * exp(-2|x|) / (1 + exp(-2|x|))^2",
        kinks: "f(-0) = -0.",
        source: "LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998",
        strengths: "Centred, bounded, smooth; slope 1 at 0.",
        weaknesses: "Gradients vanish on both sides.",
        used: "Recurrent networks, policies, bounded outputs.";
        aliases: ["Tanh"],
        ulps: [3.2, 3.3],
        from_output: tanh_derivative_from_output [1.5],
    }
    Tanhshrink = tanhshrink, tanhshrink_derivative, tanhshrink_second_derivative {
        formula: "x - tanh(x)",
        derivative: "tanh(x)^2",
        kinks: "f(-0) = -0.",
        source: "Collobert et al., Torch7: A Matlab-like Environment for Machine Learning, 2011",
        strengths: "Small inputs become smaller still: a soft threshold.",
        weaknesses: "Gradients vanish near 0.",
        used: "Sparse coding.";
        aliases: ["Tanhshrink", "tanh_shrink"],
        ulps: [3.45, 2.7],
    }
    ScaledTanh / SCALED_TANH {
        alpha: 1.7159 in ANY => scaled_tanh_derivative_alpha,
        beta: 0.6667 in ANY => scaled_tanh_derivative_beta
    } = scaled_tanh, scaled_tanh_derivative, scaled_tanh_second_derivative {
        formula: "alpha * tanh(beta * x)",
        derivative: "alpha * beta * (1 - t^2), t = tanh(beta * x); with respect to alpha: t; to beta: alpha * x * (1 - t^2)",
        kinks: "beta = 0 gives 0, also where x is infinite. An infinite alpha or beta gives NaN.",
        source: "LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998; ONNX, activations of the operators RNN, GRU and LSTM",
        strengths: "With the defaults f(1) is about 1 and f(-1) about -1, where the second derivative is largest, and inputs of variance 1 keep it.",
        weaknesses: "Gradients vanish on both sides.",
        used: "LeNet-5; recurrent networks in ONNX files.";
        ulps: [3.25, 3.0],
    }
    Softcap / SOFTCAP {
        cap: 30.0 in ANY => softcap_derivative_cap
    } = softcap, softcap_derivative, softcap_second_derivative {
        formula: "cap * tanh(x / cap)",
        derivative: "1 - t^2, t = tanh(x / cap); with respect to cap: t - x / cap * (1 - t^2)",
        kinks: "f(-0) = -0. cap = 0 gives 0, and an infinite cap x, but 0 / 0 and infinity / infinity NaN.",
        source: "Bello et al., Neural Combinatorial Optimization with Reinforcement Learning, 2016, arXiv:1611.09940; cap 30: Gemma 2, 2024, arXiv:2408.00118",
        strengths: "Bounds logits smoothly, and is x near 0.",
        weaknesses: "Gradients vanish far beyond the cap.",
        used: "Logits and attention scores of Gemma 2 and Grok-1.";
        ulps: [3.25, 3.3],
        from_output: softcap_derivative_from_output [3.3] where cap in POSITIVE,
    }
    Lisht = lisht, lisht_derivative, lisht_second_derivative {
        formula: "x * tanh(x)",
        derivative: "tanh(x) + x * (1 - tanh(x)^2)",
        kinks: "f(-0) = 0. f'(-0) = -0.",
        source: "Roy, Manna, Dubey and Chaudhuri, LiSHT: Non-Parametric Linearly Scaled Hyperbolic Tangent Activation Function, 2019, arXiv:1901.05894",
        strengths: "Large negative inputs count as much as positive ones; gradients do not vanish.",
        weaknesses: "Even and never negative, so that it loses the sign of x; outputs are not centred.",
        used: "Experiments with image classifiers; TensorFlow Addons.";
        ulps: [2.35, 3.6],
    }
    Hardshrink / HARDSHRINK { lambd: 0.5 in ANY } = hardshrink, hardshrink_derivative {
        formula: "x if |x| > lambd, else 0",
        derivative: "1 if |x| > lambd, else 0",
        kinks: "f' = 0 where |x| = lambd.",
        source: "Donoho and Johnstone, Ideal Spatial Adaptation by Wavelet Shrinkage, Biometrika 81, 1994",
        strengths: "Small inputs become exact zeros, and large ones are unchanged.",
        weaknesses: "Jumps at both ends; no gradient between them.",
        used: "Denoising, sparse coding.";
        aliases: ["Hardshrink(lambd=0.5)", "hard_shrink(threshold=0.5)"],
        ulps: [0.0, 0.0],
    }
    Softshrink / SOFTSHRINK {
        lambd: 0.5 in ANY => softshrink_derivative_lambd
    } = softshrink, softshrink_derivative {
        formula: "x - lambd if x > lambd, else x + lambd if x < -lambd, else 0",
        derivative: "1 if |x| > lambd, else 0; with respect to lambd: -1 if x > lambd, else 1 if x < -lambd, else 0",
        kinks: "f' = 0 where |x| = lambd.",
        source: "Donoho, De-noising by Soft-Thresholding, IEEE Transactions on Information Theory 41, 1995",
        strengths: "A hardshrink without jumps: the step of proximal methods for sparsity.",
        weaknesses: "Large inputs are made smaller, too.",
        used: "Sparse coding, learned iterative shrinkage (LISTA).";
        aliases: ["Softshrink(lambd=0.5)", "soft_shrink(threshold=0.5)"],
        ulps: [0.5, 0.0],
    }
    Shrink / SHRINK {
        lambd: 0.5 in ANY,
        bias: 0.0 in ANY => shrink_derivative_bias
    } = shrink, shrink_derivative {
        formula: "x + bias if x < -lambd, else x - bias if x > lambd, else 0",
        derivative: "1 if |x| > lambd, else 0; with respect to bias: 1 if x < -lambd, else -1 if x > lambd, else 0",
        kinks: "f' = 0 where |x| = lambd.",
        source: "ONNX, operator Shrink, version 9, 2019",
        strengths: "Covers hardshrink (bias = 0), softshrink (bias = lambd) and everything between.",
        weaknesses: "The weaknesses of both, and two numbers to choose.",
        used: "Models in ONNX files.";
        aliases: ["Shrink(lambd=0.5, bias=0)"],
        ulps: [0.5, 0.0],
    }
    Softplus / SOFTPLUS {
        beta: 1.0 in ANY => softplus_derivative_beta,
        threshold: 20.0 in ANY
    } = softplus, softplus_derivative, softplus_second_derivative {
        formula: "log(1 + exp(beta * x)) / beta, and x where beta * x > threshold",
        derivative: "s = 1 / (1 + exp(-beta * x)), and 1 where beta * x > threshold; with respect to beta: (s * x - f(x)) / beta, and 0 where beta * x > threshold",
        kinks: "f'' = 0 also where beta * x = threshold. beta = 0 gives Inf.",
        source: "Dugas, Bengio, Bélisle, Nadeau and Garcia, Incorporating Second-Order Functional Knowledge for Better Option Pricing, NIPS 2000",
        strengths: "A smooth relu; always positive; no dead units.",
        weaknesses: "No sparsity; an exponential and a logarithm.",
        used: "Variances and rates that must be positive; state-space models (Mamba).";
        aliases: ["Softplus(beta=1, threshold=20)"],
        ulps: [3.1, 3.3],
        from_output: softplus_derivative_from_output [2.0] where beta in POSITIVE, threshold in FROM_17,
    }
    SparsePlus = sparse_plus, sparse_plus_derivative, sparse_plus_second_derivative {
        formula: "0 if x <= -1, x if x >= 1, else (x + 1)^2 / 4",
        derivative: "0 if x <= -1, 1 if x >= 1, else (x + 1) / 2",
        kinks: "f''(-1) = f''(1) = 0.",
        source: "Blondel, Martins and Niculae, Learning with Fenchel-Young Losses, JMLR 21, 2020, arXiv:1901.02324",
        strengths: "A softplus with exact zeros and no exponential.",
        weaknesses: "No gradient below -1.",
        used: "Sparse losses and gates; in JAX and Keras.";
        ulps: [2.0, 1.0],
    }
    SparseSigmoid = sparse_sigmoid, sparse_sigmoid_derivative {
        formula: "0 if x <= -1, 1 if x >= 1, else (x + 1) / 2",
        derivative: "1/2 if -1 < x < 1, else 0",
        kinks: "f'(-1) = f'(1) = 0, where JAX has 1/4.",
        source: "Blondel, Martins and Niculae, Learning with Fenchel-Young Losses, JMLR 21, 2020, arXiv:1901.02324",
        strengths: "A sigmoid with exact 0 and 1: the derivative of sparse_plus.",
        weaknesses: "No gradient outside of the range, so that units die on both sides.",
        used: "Sparse gates and binary outputs; in JAX and Keras.";
        ulps: [0.5, 0.0],
        from_output: sparse_sigmoid_derivative_from_output [0.0],
    }
    Squareplus / SQUAREPLUS {
        b: 4.0 in ANY => squareplus_derivative_b
    } = squareplus, squareplus_derivative, squareplus_second_derivative {
        formula: "(x + sqrt(x^2 + b)) / 2",
        derivative: "(1 + x / sqrt(x^2 + b)) / 2; with respect to b: 1 / (4 * sqrt(x^2 + b))",
        kinks: "b = 0 gives max(0, x). NaN where x^2 + b < 0.",
        source: "Barron, Squareplus: A Softplus-Like Algebraic Rectifier, 2021, arXiv:2112.11687",
        strengths: "A softplus without exponential and logarithm; b sets how round it is.",
        weaknesses: "Approaches 0 only as 1 / |x|; no sparsity.",
        used: "Networks for which softplus is too slow; radiance fields; in Keras and JAX.";
        ulps: [3.7, 3.8],
    }
    Silu = silu, silu_derivative, silu_second_derivative {
        formula: "x / (1 + exp(-x))",
        derivative: "s * (1 + x * (1 - s)), s = 1 / (1 + exp(-x))",
        kinks: "f(-0) = -0. f(-Inf) = -0.",
        source: "Elfwing, Uchibe and Doya, Sigmoid-Weighted Linear Units for Neural Network Function Approximation, 2017, arXiv:1702.03118",
        strengths: "Smooth, not monotonic; deep networks train better with it than with relu.",
        weaknesses: "An exponential and a division; no sparsity.",
        used: "EfficientNet, YOLO, and as the gate of SwiGLU in LLaMA.";
        aliases: ["SiLU(inplace=False)", "SiLUActivation"],
        ulps: [3.55, 3.1],
    }
    Swish / SWISH {
        beta: 1.0 in ANY => swish_derivative_beta
    } = swish, swish_derivative, swish_second_derivative {
        formula: "x / (1 + exp(-beta * x))",
        derivative: "s * (1 + beta * x * (1 - s)), s = 1 / (1 + exp(-beta * x)); with respect to beta: x^2 * s * (1 - s)",
        kinks: "f(-0) = -0. f(-Inf) = -0 for beta > 0.",
        source: "Ramachandran, Zoph and Le, Searching for Activation Functions, 2017, arXiv:1710.05941",
        strengths: "A family from x / 2 (beta = 0) over silu (beta = 1) towards relu (large beta); beta can be learned.",
        weaknesses: "As expensive as silu, with one more number to choose.",
        used: "Searches for activations; small vision models that learn beta.";
        aliases: ["Swish(alpha=1)"],
        ulps: [3.6, 3.5],
    }
    Mish = mish, mish_derivative, mish_second_derivative {
        formula: "x * tanh(log(1 + exp(x)))",
        derivative: "t + x * s * (1 - t^2), t = tanh(log(1 + exp(x))), s = 1 / (1 + exp(-x))",
        kinks: "f(-0) = -0. f(-Inf) = -0.",
        source: "Misra, Mish: A Self Regularized Non-Monotonic Activation Function, BMVC 2020, arXiv:1908.08681",
        strengths: "Smooth, not monotonic; a little above silu in several vision tasks.",
        weaknesses: "Needs an exponential, a logarithm and a tanh.",
        used: "YOLOv4, small vision models.";
        aliases: ["Mish(inplace=False)", "MishActivation"],
        ulps: [3.25, 2.95],
    }
    Telu = telu, telu_derivative, telu_second_derivative {
        formula: "x * tanh(exp(x))",
        derivative: "t + x * exp(x) * (1 - t^2), t = tanh(exp(x))",
        kinks: "f(-0) = -0. f(-Inf) = -0.",
        source: "Fernandez and Mali, TeLU Activation Function for Fast and Stable Deep Learning, 2024, arXiv:2412.20269",
        strengths: "Smooth, and closer to x for x > 0 than mish, so that gradients there stay near 1.",
        weaknesses: "Two exponentials; no sparsity.",
        used: "Experiments of its authors with vision and language models.";
        ulps: [2.1, 3.75],
    }
    Gelu = gelu, gelu_derivative, gelu_second_derivative {
        formula: "x * Phi(x), Phi(x) = (1 + erf(x / sqrt(2))) / 2",
        derivative: "Phi(x) + x * exp(-x^2 / 2) / sqrt(2 * pi)",
        kinks: "f(-0) = -0. f(-Inf) = -0.",
        source: "Hendrycks and Gimpel, Gaussian Error Linear Units, 2016, arXiv:1606.08415",
        strengths: "Smooth; the standard activation of transformers.",
        weaknesses: "Needs an error function, which many libraries approximate badly.",
        used: "BERT, GPT, ViT.";
        aliases: ["GELU(approximate=none)", "Gelu(approximate=none)", "gelu_erf", "gelu_python", "GELUActivation"],
        ulps: [3.1, 3.05],
        text: "gelu" with approximate = none,
    }
    GeluTanh = gelu_tanh, gelu_tanh_derivative, gelu_tanh_second_derivative {
        formula: "x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))",
        derivative: "s + x * s * (1 - s) * z', z = 2 * sqrt(2 / pi) * (x + 0.044715 * x^3), s = 1 / (1 + exp(-z))",
        kinks: "f(-0) = -0. f(-Inf) = -0.",
        source: "Hendrycks and Gimpel, Gaussian Error Linear Units, 2016, arXiv:1606.08415",
        strengths: "Reproduces the results of models that were trained with it.",
        weaknesses: "Differs from gelu by up to 4.7e-4.",
        used: "GPT-2, Gemma, T5 v1.1, JAX's default.";
        aliases: ["gelu_tanh", "gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_fast", "gelu_accurate", "GELUTanh", "PytorchGELUTanh", "NewGELUActivation", "FastGELUActivation", "AccurateGELUActivation"],
        ulps: [3.6, 3.8],
        text: "gelu" with approximate = tanh,
    }
    QuickGelu = quick_gelu, quick_gelu_derivative, quick_gelu_second_derivative {
        formula: "x / (1 + exp(-1.702 * x))",
        derivative: "s * (1 + 1.702 * x * (1 - s)), s = 1 / (1 + exp(-1.702 * x))",
        kinks: "f(-0) = -0. f(-Inf) = -0.",
        source: "Hendrycks and Gimpel, Gaussian Error Linear Units, 2016, arXiv:1606.08415",
        strengths: "Cheaper than gelu.",
        weaknesses: "Differs from gelu by up to 2.1e-2, so that it suits only models trained with it.",
        used: "CLIP, OpenAI's early models.";
        aliases: ["gelu_quick", "QuickGELU", "QuickGELUActivation"],
        ulps: [3.55, 3.7],
    }
    Hardsigmoid / HARDSIGMOID {
        slope: 0.166_666_67 in ANY => hardsigmoid_derivative_slope,
        offset: 0.5 in ANY => hardsigmoid_derivative_offset
    } = hardsigmoid, hardsigmoid_derivative {
        formula: "min(max(slope * x + offset, 0), 1)",
        derivative: "slope if 0 < slope * x + offset < 1, else 0; with respect to slope: x there, else 0; to offset: 1 there, else 0",
        kinks: "All derivatives are 0 at both ends. The default slope is 1/6 itself, not the nearest f32.",
        source: "Courbariaux, Bengio and David, BinaryConnect, NIPS 2015, arXiv:1511.00363; slope 1/6: Howard et al., Searching for MobileNetV3, ICCV 2019",
        strengths: "A sigmoid without an exponential; exact 0 and 1.",
        weaknesses: "No gradient outside of the slope, so that units die on both sides.",
        used: "Squeeze-and-excitation in MobileNetV3; quantized networks.";
        aliases: ["Hardsigmoid(inplace=False)", "hard_sigmoid", "HardSigmoid(alpha=0.2, beta=0.5)"],
        ulps: [1.65, 0.4],
        from_output: hardsigmoid_derivative_from_output [0.0],
    }
    Hardswish = hardswish, hardswish_derivative, hardswish_second_derivative {
        formula: "x * min(max(x + 3, 0), 6) / 6",
        derivative: "0 if x <= -3, 1 if x >= 3, else (2x + 3) / 6",
        kinks: "f'(-3) = 0, f'(3) = 1, f'' = 0 at both. f(-0) = -0.",
        source: "Howard et al., Searching for MobileNetV3, ICCV 2019, arXiv:1905.02244",
        strengths: "A silu without an exponential; close to it.",
        weaknesses: "Kinks at -3 and 3; no gradient below -3.",
        used: "MobileNetV3 and other networks for phones.";
        aliases: ["Hardswish(inplace=False)", "HardSwish", "hard_swish", "hard_silu"],
        ulps: [2.55, 1.4],
    }
    HardMish = hard_mish, hard_mish_derivative, hard_mish_second_derivative {
        formula: "x / 2 * min(2, max(0, x + 2))",
        derivative: "0 if x <= -2, 1 if x > 0, else x + 1",
        kinks: "f'(-2) = 0 and f'(0) = 1, as PyTorch's autograd has it; f'' = 0 at both. f(-0) = -0. f(-Inf) = -0.",
        source: "H-Mish, 2020, github.com/digantamisra98/H-Mish; in timm as HardMish",
        strengths: "A mish without an exponential; exact for x > 0, and exact zeros below -2.",
        weaknesses: "Its gradient jumps at -2 and is 0 below.",
        used: "Experiments with small vision models in timm.";
        aliases: ["HardMish(inplace=False)"],
        ulps: [1.5, 0.5],
    }
    BentIdentity = bent_identity, bent_identity_derivative, bent_identity_second_derivative {
        formula: "(sqrt(x^2 + 1) - 1) / 2 + x",
        derivative: "x / (2 * sqrt(x^2 + 1)) + 1",
        kinks: "f(-0) = -0.",
        source: "No paper; common lists of activation functions have it as a smooth leaky_relu",
        strengths: "Gradients are between 1/2 and 3/2, so that they neither vanish nor explode.",
        weaknesses: "Almost linear; no sparsity.",
        used: "Small networks, regression.";
        ulps: [1.55, 1.4],
    }
    Isru / ISRU {
        alpha: 1.0 in ANY => isru_derivative_alpha
    } = isru, isru_derivative, isru_second_derivative {
        formula: "x / sqrt(1 + alpha * x^2)",
        derivative: "1 / sqrt(1 + alpha * x^2)^3; with respect to alpha: -x^3 / (2 * sqrt(1 + alpha * x^2)^3)",
        kinks: "f(-0) = -0. alpha = 0 gives x. NaN where 1 + alpha * x^2 < 0.",
        source: "Carlile, Delamarter, Kinney, Marti and Whitney, Improving Deep Learning by Inverse Square Root Linear Units (ISRLUs), 2017, arXiv:1710.09967",
        strengths: "Has the shape of tanh without an exponential; alpha sets its limits, 1 / sqrt(alpha).",
        weaknesses: "Gradients vanish on both sides.",
        used: "Recurrent networks in place of tanh.";
        ulps: [2.3, 2.4],
    }
    Isrlu / ISRLU {
        alpha: 1.0 in ANY => isrlu_derivative_alpha
    } = isrlu, isrlu_derivative, isrlu_second_derivative {
        formula: "x if x >= 0, else x / sqrt(1 + alpha * x^2)",
        derivative: "1 if x >= 0, else 1 / sqrt(1 + alpha * x^2)^3; with respect to alpha: 0 if x >= 0, else -x^3 / (2 * sqrt(1 + alpha * x^2)^3)",
        kinks: "f(-0) = -0. alpha = 0 gives x. NaN where 1 + alpha * x^2 < 0.",
        source: "Carlile, Delamarter, Kinney, Marti and Whitney, Improving Deep Learning by Inverse Square Root Linear Units (ISRLUs), 2017, arXiv:1710.09967",
        strengths: "Has the shape of elu without an exponential; its first two derivatives are continuous.",
        weaknesses: "Saturates for negative x; no sparsity.",
        used: "Convolutional networks in place of elu.";
        ulps: [2.3, 2.4],
    }
    Softsign = softsign, softsign_derivative, softsign_second_derivative {
        formula: "x / (1 + |x|)",
        derivative: "1 / (1 + |x|)^2",
        kinks: "f''(0) = 0. f(-0) = -0.",
        source: "Turian, Bergstra and Bengio, Quadratic Features and Deep Architectures for Chunking, NAACL 2009",
        strengths: "Saturates as 1 / x, more gently than tanh; no exponential.",
        weaknesses: "Slow to reach its limits; gradients still vanish.",
        used: "Speech synthesis, agents with bounded outputs.";
        aliases: ["Softsign", "soft_sign"],
        ulps: [1.55, 1.55],
    }
    Gaussian = gaussian, gaussian_derivative, gaussian_second_derivative {
        formula: "exp(-x^2)",
        derivative: "-2x * exp(-x^2)",
        kinks: "f'(0) = -0. f'(-0) = 0.",
        source: "Broomhead and Lowe, Multivariable Functional Interpolation and Adaptive Networks, Complex Systems 2, 1988",
        strengths: "Local, since it responds only to inputs near 0; bounded, smooth, even.",
        weaknesses: "No gradient far from 0, so that inputs must be kept near it.",
        used: "Radial basis function networks; coordinate networks.";
        ulps: [1.5, 2.2],
    }
    Laplace / LAPLACE {
        mu: 0.707107 in ANY => laplace_derivative_mu,
        sigma: 0.282095 in ANY => laplace_derivative_sigma
    } = laplace, laplace_derivative, laplace_second_derivative {
        formula: "(1 + erf(z / sqrt(2))) / 2, z = (x - mu) / sigma",
        derivative: "d / sigma, d = exp(-z^2 / 2) / sqrt(2 * pi); with respect to mu: -d / sigma; to sigma: -z * d / sigma",
        kinks: "sigma = 0 gives 0 below mu, 1 above, and NaN at mu. An infinite mu or sigma gives NaN.",
        source: "Ma et al., Mega: Moving Average Equipped Gated Attention, ICLR 2023, arXiv:2209.10655",
        strengths: "With the defaults close to relu_squared near 1/2, but bounded, and so is its gradient.",
        weaknesses: "Gradients vanish on both sides; needs an error function.",
        used: "The attention of MEGA, in place of softmax.";
        aliases: ["LaplaceActivation"],
        ulps: [3.0, 1.9],
    }
    Atan = atan, atan_derivative, atan_second_derivative {
        formula: "atan(x)",
        derivative: "1 / (1 + x^2)",
        kinks: "f(-0) = -0.",
        source: "Torch7's and PyTorch's atan; as a surrogate gradient: Fang et al., Incorporating Learnable Membrane Time Constant, ICCV 2021, arXiv:2007.05785",
        strengths: "A tanh whose gradient decays as 1 / x^2, not exponentially.",
        weaknesses: "Slow to reach its limits of pi / 2, which are not 1.",
        used: "Spiking networks, as the smooth step behind a surrogate gradient; bounded outputs.";
        aliases: ["Atan", "arctan"],
        ulps: [1.6, 2.9],
    }
    Xielu / XIELU {
        alpha_p: 0.8 in ANY => xielu_derivative_alpha_p,
        alpha_n: 0.8 in ANY => xielu_derivative_alpha_n,
        beta: 0.5 in ANY => xielu_derivative_beta,
        eps: -1e-6 in ANY
    } = xielu, xielu_derivative, xielu_second_derivative {
        formula: "alpha_p * x^2 + beta * x if x > 0, else alpha_n * (exp(min(x, eps)) - 1 - x) + beta * x",
        derivative: "2 * alpha_p * x + beta if x > 0, else alpha_n * (exp(x) - 1) + beta; with respect to alpha_p: max(0, x)^2; to alpha_n: 0 if x > 0, else exp(min(x, eps)) - 1 - x; to beta: x",
        kinks: "f'(0) = beta, f''(0) = alpha_n. For eps < x <= 0, f' is the paper's, which leaves eps out. alpha_p and alpha_n are the values after the paper's softplus. If alpha_n and beta have different signs, or eps < -1e-3, errors for x <= 0 are relative to the largest term. An infinite alpha_n gives NaN for x <= 0.",
        source: "Huang and Schlag, Deriving Activation Functions Using Integration, 2024, arXiv:2411.13010",
        strengths: "Its gradient grows for x > 0 and falls below 0 for x < 0; both are learned.",
        weaknesses: "Quadratic for x > 0, so that large inputs grow from layer to layer; jumps by alpha_n * eps at 0.",
        used: "Apertus language models.";
        aliases: ["XIELUActivation"],
        ulps: [2.9, 2.7],
        error_scale: xielu_error_scale,
    }
    Sine / SINE {
        omega: 1.0 in ANY => sine_derivative_omega
    } = sine, sine_derivative, sine_second_derivative {
        formula: "sin(omega * x)",
        derivative: "omega * cos(omega * x); with respect to omega: x * cos(omega * x)",
        kinks: "f(-0) = -0. An infinite x gives NaN, since there is no limit, and so does |omega * x| >= 2^139. Errors are relative to the amplitude, and near 0 to the value.",
        source: "Sitzmann, Martel, Bergman, Lindell and Wetzstein, Implicit Neural Representations with Periodic Activation Functions, NeurIPS 2020, arXiv:2006.09661",
        strengths: "Its derivatives are sines again: networks that fit a signal and its derivatives.",
        weaknesses: "Needs its own initialization, and an omega that suits the signal (30 in the paper).",
        used: "Coordinate networks (SIREN): images, scenes, solutions of differential equations.";
        aliases: ["sin", "Sin"],
        ulps: [1.8, 2.0],
        error_scale: sine_error_scale,
    }
    Cos = cos, cos_derivative, cos_second_derivative {
        formula: "cos(x)",
        derivative: "-sin(x)",
        kinks: "f'(0) = -0, f'(-0) = 0. An infinite x gives NaN, since there is no limit. Errors are relative to the amplitude, and those of f' near 0 to the value.",
        source: "Elementary; PyTorch's cos",
        strengths: "With sine the two coordinates of a phase, which stay bounded.",
        weaknesses: "Even, so that it loses the sign of x; no gradient at 0.",
        used: "Positional encodings, random Fourier features.";
        aliases: ["Cos"],
        ulps: [0.9, 1.4],
        error_scale: cos_error_scale,
    }
    Snake / SNAKE {
        alpha: 1.0 in ANY => snake_derivative_alpha
    } = snake, snake_derivative, snake_second_derivative {
        formula: "x + sin(alpha * x)^2 / alpha, and x for alpha = 0",
        derivative: "1 + sin(2 * alpha * x); with respect to alpha: (x * sin(2 * alpha * x) - sin(alpha * x)^2 / alpha) / alpha, and x^2 for alpha = 0",
        kinks: "f(-0) = 0 for alpha > 0. f' is NaN for an infinite x, since it has no limit, and f for |alpha * x| >= 2^139. Errors are relative to the amplitude of the periodic part where that is larger.",
        source: "Ziyin, Hartwig and Ueda, Neural Networks Fail to Learn Periodic Functions and How to Fix It, NeurIPS 2020, arXiv:2006.08195",
        strengths: "Learns periodic signals and goes on with them beyond the data; alpha can be learned.",
        weaknesses: "Needs a sine, and an alpha that suits the signal's frequencies.",
        used: "Audio synthesis: BigVGAN, neural codecs (DAC).";
        ulps: [3.0, 1.3],
        error_scale: snake_error_scale,
    }
    SnakeBeta / SNAKE_BETA {
        alpha: 1.0 in ANY => snake_beta_derivative_alpha,
        beta: 1.0 in ANY => snake_beta_derivative_beta
    } = snake_beta, snake_beta_derivative, snake_beta_second_derivative {
        formula: "x + sin(alpha * x)^2 / beta",
        derivative: "1 + alpha * sin(2 * alpha * x) / beta; with respect to alpha: x * sin(2 * alpha * x) / beta; to beta: -(sin(alpha * x) / beta)^2",
        kinks: "f(-0) = 0 for beta > 0. beta = 0 gives NaN, and so does an infinite alpha or beta. f' is NaN for an infinite x, since it has no limit, and f for |alpha * x| >= 2^139. Errors are relative to the amplitude of the periodic part where that is larger. BigVGAN adds 1e-9 to beta.",
        source: "Lee et al., BigVGAN: A Universal Neural Vocoder with Large-Scale Training, ICLR 2023, arXiv:2206.04658",
        strengths: "A snake whose frequency and amplitude are learned apart.",
        weaknesses: "Needs a sine, and parameters that suit the signal.",
        used: "Audio synthesis: BigVGAN, where exp(alpha) and exp(beta) are these parameters.";
        ulps: [3.2, 1.95],
        error_scale: snake_beta_error_scale,
    }
    Serf = serf, serf_derivative, serf_second_derivative {
        formula: "x * erf(log(1 + exp(x)))",
        derivative: "erf(s) + 2 * x / sqrt(pi) * exp(-s^2) / (1 + exp(-x)), s = log(1 + exp(x))",
        kinks: "f(-0) = -0. f(-Inf) = -0.",
        source: "Nag and Bhattacharyya, SERF: Towards Better Training of Deep Neural Networks Using Log-Softplus ERror Activation Function, WACV 2023, arXiv:2108.09598",
        strengths: "Smooth, not monotonic; a little above mish in its authors' experiments.",
        weaknesses: "Needs an exponential, a logarithm and an error function.",
        used: "Vision and language models of its authors.";
        ulps: [3.85, 3.7],
    }
    Exp = exp, exp_derivative, exp_second_derivative {
        formula: "exp(x)",
        derivative: "exp(x)",
        kinks: "",
        source: "Elementary; PyTorch's exp",
        strengths: "Positive, so that it makes scales and rates of logarithms.",
        weaknesses: "Infinite from x = 88.73 on; its gradient grows as it does.",
        used: "Variances of variational autoencoders, learned temperatures, Poisson regression.";
        aliases: ["Exp"],
        ulps: [1.35, 1.35],
        from_output: exp_derivative_from_output [0.0],
    }
    Expm1 = expm1, expm1_derivative, expm1_second_derivative {
        formula: "exp(x) - 1",
        derivative: "exp(x)",
        kinks: "f(-0) = -0.",
        source: "Elementary; PyTorch's expm1",
        strengths: "Keeps all digits near 0, where exp(x) - 1 loses them; undoes log1p.",
        weaknesses: "Infinite from x = 88.73 on.",
        used: "Targets that log1p has compressed; compound growth.";
        ulps: [1.9, 1.35],
    }
    Log = log, log_derivative, log_second_derivative {
        formula: "log(x)",
        derivative: "1 / x",
        kinks: "f(0) = f(-0) = -Inf, f'(0) = Inf, f'(-0) = -Inf. f is NaN for x < 0, but f' is 1 / x there, as PyTorch has it.",
        source: "Elementary; PyTorch's log",
        strengths: "Makes sums of products and differences of ratios.",
        weaknesses: "-Inf at 0, and NaN below.",
        used: "Likelihoods, entropies, spectrograms.";
        aliases: ["Log"],
        ulps: [1.1, 0.55],
    }
    Log1p = log1p, log1p_derivative, log1p_second_derivative {
        formula: "log(1 + x)",
        derivative: "1 / (1 + x)",
        kinks: "f(-0) = -0. f(-1) = -Inf, f'(-1) = Inf. f is NaN for x < -1, but f' is 1 / (1 + x) there, as PyTorch has it.",
        source: "Elementary; PyTorch's log1p",
        strengths: "Compresses counts, and is 0 for a count of 0; keeps all digits near 0.",
        weaknesses: "NaN below -1.",
        used: "Counts in recommendations and gene expression; reinforcement learning's rewards.";
        ulps: [1.7, 1.55],
    }
    Sqrt = sqrt, sqrt_derivative, sqrt_second_derivative {
        formula: "sqrt(x)",
        derivative: "1 / (2 * sqrt(x))",
        kinks: "f(-0) = -0. f'(0) = Inf, f''(0) = -Inf, and with the opposite sign at -0. NaN for x < 0, also of the derivatives.",
        source: "Elementary; PyTorch's sqrt",
        strengths: "Compresses large inputs; as the last step of a norm it restores the scale of x.",
        weaknesses: "Its gradient is infinite at 0, and NaN below.",
        used: "Norms, standard deviations, Adam's update.";
        aliases: ["Sqrt"],
        ulps: [1.05, 0.8],
        from_output: sqrt_derivative_from_output [0.6],
    }
    Rsqrt = rsqrt, rsqrt_derivative, rsqrt_second_derivative {
        formula: "1 / sqrt(x)",
        derivative: "-1 / (2 * sqrt(x)^3)",
        kinks: "f(0) = Inf, f'(0) = -Inf, f''(0) = Inf, and with the opposite sign at -0. NaN for x < 0, also of the derivatives.",
        source: "Elementary; PyTorch's rsqrt",
        strengths: "One step where a norm would take a root and a division.",
        weaknesses: "Infinite at 0, so that a small number is usually added to x.",
        used: "RMSNorm, LayerNorm.";
        ulps: [0.8, 1.35],
    }
    Reciprocal = recip, recip_derivative, recip_second_derivative {
        formula: "1 / x",
        derivative: "-1 / x^2",
        kinks: "f(0) = Inf, f(-0) = -Inf, f'(0) = f'(-0) = -Inf, f''(0) = Inf, f''(-0) = -Inf. f(-Inf) = -0.",
        source: "Elementary; PyTorch's reciprocal",
        strengths: "Makes a factor of a divisor.",
        weaknesses: "Infinite at 0, with gradients that grow faster still.",
        used: "Attention with inverse distances, depth from disparity.";
        aliases: ["Reciprocal", "recip"],
        ulps: [0.55, 0.55],
        text: "reciprocal",
    }
    Square = square, square_derivative, square_second_derivative {
        formula: "x^2",
        derivative: "2x",
        kinks: "f'(-0) = -0.",
        source: "Elementary; PyTorch's square",
        strengths: "A single multiplication, which homomorphic encryption has, too.",
        weaknesses: "Grows fast, so that deep networks of it do not train without normalization.",
        used: "Squared errors, norms; CryptoNets, which compute on encrypted data.";
        ulps: [0.5, 0.0],
    }
    Pow / POW {
        exponent: 2.0 in ANY => pow_derivative_exponent
    } = pow, pow_derivative, pow_second_derivative {
        formula: "x^exponent",
        derivative: "exponent * x^(exponent - 1); with respect to exponent: x^exponent * log(x)",
        kinks: "NaN for x < 0 unless exponent is a whole number, as C's pow has it. exponent = 0 gives 1, with a derivative of 0. The derivative with respect to exponent is NaN for x < 0, and for x = 0 it is 0 unless exponent < 0. An infinite exponent gives NaN. The bound holds for every x and exponent.",
        source: "Elementary; PyTorch's pow",
        strengths: "Any power, which can be learned: 1/2 is sqrt, 2 square, -1 reciprocal.",
        weaknesses: "Slower than each of these; NaN for x < 0 and fractions.",
        used: "Gamma correction, generalized means (GeM pooling), power-law compression of spectrograms.";
        ulps: [2.0, 2.7],
    }
    Abs = absolute, absolute_derivative {
        formula: "|x|",
        derivative: "1 if x > 0, -1 if x < 0, else 0",
        kinks: "f'(0) = 0. f(-0) = 0.",
        source: "Elementary; PyTorch's abs; Jarrett et al., What Is the Best Multi-Stage Architecture for Object Recognition?, ICCV 2009",
        strengths: "Cheap; no vanishing gradient; exact.",
        weaknesses: "Loses the sign of x.",
        used: "L1 norms and losses; rectified filters of edges, which have two signs.";
        aliases: ["Abs", "absolute"],
        ulps: [0.0, 0.0],
        text: "abs",
    }
    Erf = erf, erf_derivative, erf_second_derivative {
        formula: "erf(x)",
        derivative: "2 / sqrt(pi) * exp(-x^2)",
        kinks: "f(-0) = -0. f''(0) = -0.",
        source: "Elementary; PyTorch's erf",
        strengths: "A sigmoid with thin tails: the distribution function of noise, from -1 to 1.",
        weaknesses: "Gradients vanish faster than those of tanh.",
        used: "Gelu; probabilities of quantized values in learned compression.";
        aliases: ["Erf"],
        ulps: [1.9, 2.75],
    }
    Sign = sign, sign_derivative {
        formula: "1 if x > 0, -1 if x < 0, else x",
        derivative: "0",
        kinks: "f(0) = 0, f(-0) = -0.",
        source: "Elementary; PyTorch's sign",
        strengths: "Exact; one bit for each number.",
        weaknesses: "No gradient: training needs the one of another function in its place.",
        used: "Binarized networks; signSGD and Lion.";
        aliases: ["Sign"],
        ulps: [0.0, 0.0],
    }
    Floor = floor, floor_derivative {
        formula: "the largest whole number that is not above x",
        derivative: "0",
        kinks: "f(-0) = -0.",
        source: "Elementary; PyTorch's floor",
        strengths: "Exact; splits x into a whole number and the rest.",
        weaknesses: "No gradient.",
        used: "Positions in grids and tables; quantization.";
        aliases: ["Floor"],
        ulps: [0.0, 0.0],
    }
    Ceil = ceil, ceil_derivative {
        formula: "the least whole number that is not below x",
        derivative: "0",
        kinks: "f(-0) = -0, and for -1 < x < 0 f(x) = -0.",
        source: "Elementary; PyTorch's ceil",
        strengths: "Exact.",
        weaknesses: "No gradient.",
        used: "Sizes and counts; quantization.";
        aliases: ["Ceil"],
        ulps: [0.0, 0.0],
    }
    Round = round, round_derivative {
        formula: "the whole number nearest to x, and the even one of two that are equally near",
        derivative: "0",
        kinks: "f(-0) = -0, and for -1/2 <= x < 0 f(x) = -0.",
        source: "Elementary; PyTorch's round",
        strengths: "Exact, and without a bias: ties go up as often as down.",
        weaknesses: "No gradient: training needs that of x in its place.",
        used: "Quantization.";
        aliases: ["Round"],
        ulps: [0.0, 0.0],
    }
    Step = step, step_derivative {
        formula: "1 if x > 0, else 0",
        derivative: "0",
        kinks: "f(0) = 0, as ggml's step has it, so that it is relu'(x). PyTorch's heaviside takes the value at 0 as an argument, and WGSL's step has 1 there.",
        source: "McCulloch and Pitts, A Logical Calculus of the Ideas Immanent in Nervous Activity, Bulletin of Mathematical Biophysics 5, 1943",
        strengths: "Exact; a unit that fires or does not.",
        weaknesses: "No gradient: training needs the one of another function in its place.",
        used: "Perceptrons, spiking networks, masks.";
        ulps: [0.0, 0.0],
    }
    Affine / AFFINE {
        alpha: 1.0 in ANY => affine_derivative_alpha,
        beta: 0.0 in ANY => affine_derivative_beta
    } = affine, affine_derivative {
        formula: "alpha * x + beta",
        derivative: "alpha; with respect to alpha: x; to beta: 1",
        kinks: "alpha = 0 gives beta, also where x is infinite. An infinite alpha gives NaN for x = 0.",
        source: "ONNX, activations of the operators RNN, GRU and LSTM",
        strengths: "A learned scale and offset; within the bound also where the two terms cancel.",
        weaknesses: "Layers with only this between them are worth no more than one.",
        used: "LayerScale, the last step of normalizations; recurrent networks in ONNX files.";
        ulps: [1.05, 0.0],
    }
}
