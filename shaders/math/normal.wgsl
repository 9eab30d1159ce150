// The normal distribution: its density, and the distribution function Phi below 0.

// 1 / sqrt(2 pi): scripts/fit.py, "NORMAL_DENSITY".
const NORMAL_DENSITY: f32 = 0.39894228;

// The lowest coefficient of the polynomial, which is added in two parts.
const NORMAL_G_0: f32 = 0.606562257;

// (G - NORMAL_G_0) / t with G = a Phi(-a) e^(a^2 / 2) / g and t = g - 5/8, for 0 <= a <= 14.5; G has
// an error of 0.519 * 2^-24 of itself. From scripts/fit.py, "normal_polynomial".
fn normal_polynomial(t: f32) -> f32 {
  return octic(
    t, -0.734012604, 0.530708969, -0.0583375357, -0.251884103, 0.0883402005, 0.18979454,
    -0.0457555428, -0.186160803, -0.0897217616,
  );
}
