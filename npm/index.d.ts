/** What a text has of all functions. Of the first five any can be set; without any, all are in the text. */
export interface Options {
  /** The functions themselves. */
  forward?: boolean;
  /** Derivatives, and gradients of gated units and expressions. */
  derivative?: boolean;
  /** Derivatives of activations as functions of the output, where they are. */
  derivativeFromOutput?: boolean;
  /** Second derivatives of activations. */
  secondDerivative?: boolean;
  /** Derivatives with respect to parameters that can be learned. */
  parameterDerivatives?: boolean;
  /** The beginning of all names in the text, `my_` by default. It may be empty. */
  prefix?: string;
  /** Adds `NAME_vec4` for each function `NAME`, with `vec4<f32>` in place of `f32`. */
  vec4?: boolean;
  /** Adds `NAME_f16` for each function `NAME`. The module needs `enable f16;` in front of the text. */
  f16?: boolean;
}

export interface FunctionOptions extends Options {
  /** Names of your choice for some of the functions, which stand in the text without the prefix: `{ silu: 'silu_f32' }`. */
  names?: Record<string, string>;
  /** Makes arguments of the parameters of activations: `my_elu(x, alpha)`. */
  parametersAsArguments?: boolean;
}

export interface NamedOptions extends Options {
  /** A name of your choice, which stands in the text without the prefix. */
  name?: string;
}

/**
 * The WGSL of one function or of several: activations, gated units, expressions, and `softmax`, which is what a kernel needs of a
 * row. `wgsl(['gelu', 'elu(alpha=0.5)', 'swiglu'], { prefix: 'wa_', vec4: true })` has `wa_gelu(x)`, `wa_gelu_derivative(x)` and so
 * on. Names of other libraries are read, too.
 *
 * @throws {Error} if a text is no function, or an option is not what it must be.
 */
export function wgsl(functions: string | readonly string[], options?: FunctionOptions): string;

export interface Expression {
  /** The operands, in the order of the arguments. */
  operands: string[];
  /** The WGSL: `my_expression(x, …)`, and `my_expression_gradient_x(x, …, grad_output)` for each operand. */
  wgsl: string;
  /** The gradient by an operand, as an expression again. `grad_output` is the gradient of the result. */
  gradient(operand: string): string;
}

/**
 * An expression, as `gelu(x + bias) * gate`, with its gradients.
 *
 * @throws {Error} if the text is no expression, or an option is not what it must be.
 */
export function expression(source: string, options?: NamedOptions): Expression;

export interface Switch {
  /** The id of each activation, by its text form with all parameters. */
  ids: Record<string, number>;
  /** The WGSL: `my_activate(id, x)` and its derivatives, where `id` is a `u32`. */
  wgsl: string;
}

/**
 * A choice among activations at run time.
 *
 * @throws {Error} if a text is no activation, or an option is not what it must be.
 */
export function switchWgsl(activations: readonly string[], options?: NamedOptions): Switch;

export interface Parameter {
  name: string;
  default: number;
  /** The ends of the range, or `null` where there is none. */
  min: number | null;
  max: number | null;
  /** True if the gradient by this parameter exists. */
  learnable: boolean;
}

export interface Signature {
  /** The name of the WGSL function, without the prefix. */
  name: string;
  /** The name that `wgsl` takes. */
  text: string;
  kind: 'activation' | 'glu';
  arguments: string[];
  parameters: Parameter[];
  /** Names in other libraries, which `wgsl` takes, too. */
  aliases: string[];
  formula: string;
  /** Of activations. */
  derivative?: string;
}

/** All activations and gated units. */
export function list(): Signature[];
