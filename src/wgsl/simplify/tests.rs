use super::simplify;

fn simplified(text: &str, wanted: &str) -> String {
    simplify(text, &[wanted.to_owned()], &|_| false)
}

#[test]
fn known_parameters_decide() {
    let text = "
const YES: bool = true;
struct Pair { hi: f32, lo: f32 }
fn is_one(a: f32) -> bool { return YES & (a == 1.0); }
fn times(a: f32, x: f32) -> Pair {
  let p = Pair(a * x, a - x);
  return Pair(select(p.hi, x, is_one(a)), select(p.lo, 0.0, is_one(a)));
}
fn inner(x: f32, a: f32) -> f32 {
  let z = times(a, x);
  return z.hi + z.lo;
}
fn f(x: f32) -> f32 { return inner(x, 1.0f); }
";
    let got = simplified(text, "f");
    assert!(
        got.contains("fn f(x: f32) -> f32 {\n  return x + 0.0;\n}"),
        "{got}"
    );
}

#[test]
fn functions_move_to_their_only_call() {
    let text = "
// The square.
fn square(x: f32) -> f32 { return x * x; }
fn long(x: f32, t: f32) -> f32 {
  let y = square(x) + t;
  var z = y;
  // Rare.
  if (y > 2.0) {
    let y2 = z;
    z = y2 - 1.0;
  }
  return z * square(t);
}
fn f(y: f32) -> f32 { return long(y + 1.0, 3.0) - square(y); }
";
    let expected = "fn f(y: f32) -> f32 {
  let x = y + 1.0;
  let y2 = x * x + 3.0;
  var z = y2;
  // Rare.
  if (y2 > 2.0) {
    let y3 = z;
    z = y3 - 1.0;
  }
  return z * 9.0f - y * y;
}
";
    assert_eq!(simplified(text, "f"), expected);
}

/// WGSL computes an operation of literals when it compiles, and refuses an infinite result.
#[test]
fn what_is_no_number_is_left_to_the_device() {
    let text = "
fn inverse(x: f32, a: f32) -> f32 {
  let r = 1.0 / a;
  return select(x * r, x, a == 0.0);
}
fn f(x: f32) -> f32 { return inverse(x, 0.0f); }
fn g(x: f32) -> f32 { return 1.0 / inverse(0.0, x); }
fn infinity(x: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(x) & 0x80000000u) | 0x7f800000u);
}
fn h(x: f32) -> f32 { return max(x, infinity(-1.0)); }
";
    assert!(simplified(text, "f").contains("{\n  return x;\n}"));
    assert!(!simplified(text, "g").contains("/ 0.0"));
    assert!(!simplified(text, "h").contains("0xff800000u"));
}

/// What the grammar does not know stays as it is, with all that it calls.
#[test]
fn other_statements_stay() {
    let text = "fn one(x: f32) -> f32 { return x; }
fn f(x: f32) -> f32 { for (var i = 0; i < 3; i++) { _ = one(x); } return one(x); }
";
    let got = simplified(text, "f");
    assert!(
        got.contains("for (var i = 0; i < 3; i++)") && got.contains("fn one(x: f32)"),
        "{got}"
    );
}

#[test]
fn a_name_of_the_callers_hides_no_function() {
    let text = "fn least(x: f32) -> f32 { return min(x, abs(x)); }
fn f(min: f32) -> f32 { return least(min); }
";
    assert!(simplified(text, "f").contains("return least(min);"));
}
