//! Arguments that `apply` refuses: the message names the option, and all files stay as they were.

use npyz::Order;

use crate::Directory;
use crate::npy::{npy, npy_of_type, npy_with_header, values};

/// Good tensors, and results of earlier work.
fn directory() -> Directory {
    let directory = Directory::new();
    directory.write_npy("x.npy", &[2, 3], &values(6));
    directory.write_npy("w.npy", &[3], &values(3));
    directory.write_npy("w2.npy", &[2], &values(2));
    directory.write("y.npy", "earlier work");
    directory.write("dw.npy", "earlier work, too");
    directory
}

/// `apply ACTIVATION --input x.npy --output y.npy` must refuse `options`.
fn refuses(activation: &str, options: &[&str], expected: &[&str]) {
    let arguments = [
        &[activation, "--input", "x.npy", "--output", "y.npy"],
        options,
    ]
    .concat();
    directory().fail("apply", &arguments, expected);
}

#[test]
fn files_that_are_no_tensors_of_numbers() {
    let header =
        |shape: &str| format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    let with_shape = |shape: &str| npy_with_header(&header(shape), &[0; 24]);
    let of_dtype = |dtype: &str| npy_of_type(dtype, false, "(3,)", &[0; 24]);
    let good = npy(&[2, 3], Order::C, &values(6));
    let mut endless = good.clone();
    endless[6] = 2;
    endless.splice(8..12, [0xff; 4]);
    let files: &[(&str, Vec<u8>)] = &[
        ("not an npy file", vec![]),
        ("not an npy file", b"\x93NUMP".to_vec()),
        ("not an npy file", b"x,y\n1.0,2.0\n".to_vec()),
        ("ends within its header", good[..9].to_vec()),
        ("ends within its header", good[..40].to_vec()),
        ("23 bytes of values follow", good[..good.len() - 1].to_vec()),
        ("25 bytes of values follow", [&good[..], b"\0"].concat()),
        ("version 9", [b"\x93NUMPY\x09\x00", &good[8..]].concat()),
        ("header has 4294967295 bytes", endless),
        ("dtype is |O", of_dtype("'|O'")),
        ("header", with_shape("((((((((((((((((")),
        ("header", with_shape("(-6,)")),
        ("header", with_shape("(6.0,)")),
        ("header", with_shape("(99999999999999999999999999,)")),
        ("24 bytes of values follow", with_shape("(1000000000000,)")),
        (
            "larger than any memory",
            with_shape("(4294967296, 4294967296)"),
        ),
        (
            "larger than any memory",
            with_shape("(0, 9223372036854775808, 4)"),
        ),
        ("24 bytes of values follow", with_shape("()")),
    ];
    for (expected, file) in files {
        let directory = directory();
        directory.write("bad.npy", file);
        let inputs = ["prelu", "--output", "y.npy", "--input"];
        directory.fail(
            "apply",
            &[&inputs[..], &["bad.npy"]].concat(),
            &["--input bad.npy", expected],
        );
        for option in ["--grad", "--weight"] {
            let arguments = [&inputs[..], &["x.npy", option, "bad.npy"]].concat();
            directory.fail("apply", &arguments, &[option, "bad.npy", expected]);
        }
    }
}

/// No file, however broken, makes the reader panic, hang, or ask for memory that it cannot have.
#[test]
fn broken_headers() {
    let directory = directory();
    let good = npy(&[2, 3], Order::Fortran, &values(6));
    let mut bits = 1_u64;
    let mut random = |below: usize| {
        bits = bits
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (bits >> 33) as usize % below
    };
    for _ in 0..300 {
        let mut file = good.clone();
        for _ in 0..=random(4) {
            let (place, pieces) = (
                random(80),
                [
                    "",
                    "9",
                    "0",
                    "(",
                    ")",
                    "'",
                    ",",
                    "{",
                    "}",
                    ":",
                    "\u{e9}",
                    "4294967296",
                ],
            );
            file.splice(
                place..place + random(3),
                pieces[random(pieces.len())].bytes(),
            );
        }
        directory.write("bad.npy", &file);
        let before = directory.files();
        // An option that comes too late to be reached, unless the file is good after all.
        let arguments = [
            "relu", "--input", "bad.npy", "--grad", "none.npy", "--output", "y.npy",
        ];
        let output = directory.run("apply", &arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{:?}: {stderr}",
            String::from_utf8_lossy(&file)
        );
        assert!(
            stderr.contains("--input bad.npy") || stderr.contains("--grad none.npy"),
            "{stderr}"
        );
        assert!(directory.files() == before);
    }
}

#[test]
fn files_that_are_not_there() {
    directory().fail(
        "apply",
        &["relu", "--input", "none.npy", "--output", "y.npy"],
        &["--input none.npy"],
    );
    directory().fail(
        "apply",
        &["relu", "--input", ".", "--output", "y.npy"],
        &["--input .", "not a file"],
    );
    refuses("relu", &["--grad", "none.npy"], &["--grad none.npy"]);
    refuses("prelu", &["--weight", "none.npy"], &["--weight none.npy"]);
}

#[test]
fn places_that_cannot_be_written() {
    let input = ["prelu", "--input", "x.npy", "--weight", "w.npy"];
    let to = |output| [&input[..], &["--output", output]].concat();
    directory().fail(
        "apply",
        &to("none/y.npy"),
        &["--output none/y.npy", "there is no directory "],
    );
    directory().fail("apply", &to("."), &["--output .", "not a file"]);
    let grad = |output| ["--grad", "x.npy", "--grad-weight", output];
    // --output could be written, but nothing is unless both can.
    let arguments = [to("y.npy"), grad("none/dw.npy").to_vec()].concat();
    directory().fail(
        "apply",
        &arguments,
        &["--grad-weight none/dw.npy", "there is no directory "],
    );
    let arguments = [to("y.npy"), grad("./y.npy").to_vec()].concat();
    directory().fail("apply", &arguments, &["--grad-weight ./y.npy", "--output"]);
}

#[test]
fn shapes_that_do_not_match() {
    let directory = directory();
    directory.write_npy("dy.npy", &[3, 2], &values(6));
    directory.write_npy("w2.npy", &[2], &values(2));
    directory.write_npy("w0.npy", &[0], &[]);
    let with = |options: &[&'static str]| {
        [&["prelu", "--input", "x.npy", "--output", "y.npy"], options].concat()
    };
    directory.fail(
        "apply",
        &with(&["--grad", "dy.npy"]),
        &["--grad dy.npy", "[3, 2]", "[2, 3]"],
    );
    directory.fail(
        "apply",
        &with(&["--weight", "w2.npy"]),
        &["--weight w2.npy: its shape is [2]", "[2, 3]"],
    );
    directory.fail(
        "apply",
        &with(&["--weight", "w0.npy"]),
        &["--weight w0.npy: its shape is [0]", "[2, 3]"],
    );
    directory.fail(
        "apply",
        &with(&["--weight", "w.npy", "--axis", "0"]),
        &["--weight w.npy: its shape is [3]", "or be [2]"],
    );
    for axis in ["2", "-3", "9223372036854775807", "-9223372036854775808"] {
        let expected = format!("--axis {axis}");
        directory.fail(
            "apply",
            &with(&["--weight", "w.npy", "--axis", axis]),
            &[&expected, "2 dimensions"],
        );
    }
}

#[test]
fn options_that_do_not_fit() {
    refuses(
        "relu",
        &["--weight", "w.npy"],
        &[
            "--weight w.npy",
            "relu has no parameter that can be learned",
        ],
    );
    refuses(
        "relu",
        &["--weight", "w.npy", "--axis", "1"],
        &[
            "--weight w.npy",
            "relu has no parameter that can be learned",
        ],
    );
    refuses(
        "prelu",
        &["--axis", "1"],
        &["--axis 1", "only with a --weight", "prelu"],
    );
    refuses(
        "relu",
        &["--mask", "x.npy"],
        &["--mask x.npy", "only softmax, log_softmax, softmin", "relu"],
    );
    refuses("softmx", &[], &["softmx", "did you mean `softmax`"]);
    refuses(
        "softmax(temperature=0)",
        &[],
        &["temperature must be a number from"],
    );
    refuses(
        "softmax",
        &["--weight", "w.npy"],
        &["--weight w.npy", "only activations", "softmax"],
    );
    refuses(
        "softmax",
        &["--axis", "2"],
        &["error: --axis 2: 2 is out of range for 2 dimensions"],
    );
    refuses(
        "softmax",
        &["--grad", "w.npy"],
        &["--grad w.npy", "[3]", "[2, 3]"],
    );
    refuses("softmax", &["--mask", "w2.npy"], &["--mask w2.npy"]);
    refuses(
        "crelu",
        &["--mask", "w.npy"],
        &["--mask w.npy", "crelu takes no mask"],
    );
    refuses(
        "hardmax",
        &["--sink", "w.npy"],
        &["--sink w.npy", "it must broadcast to [2, 1]"],
    );
    refuses(
        "softmax",
        &["--softcap", "0"],
        &["--softcap 0: it must be a positive number"],
    );
    refuses(
        "softmax",
        &["--causal", "--window", "0"],
        &["--window 0: the window must have at least one key"],
    );
    refuses(
        "relu",
        &["--causal"],
        &["--causal: only softmax", "this is relu"],
    );
    refuses(
        "maxout(groups=2)",
        &[],
        &["a row of 3 elements cannot be cut into groups of 2"],
    );
    refuses(
        "elu",
        &["--weight", "w.npy", "--parameter", "beta"],
        &["--parameter beta", "elu can learn alpha"],
    );
    refuses(
        "relu",
        &["--grad", "x.npy", "--grad-weight", "dw.npy"],
        &["--grad-weight dw.npy", "relu has no parameter"],
    );
    refuses(
        "relu",
        &["--gate", "x.npy"],
        &["--gate x.npy", "only gated units"],
    );
    refuses(
        "softmax",
        &["--halves", "value-gate"],
        &["--halves", "only gated units"],
    );
    refuses(
        "glu",
        &[],
        &["error: --axis -1: its shape is [2, 3]", "must be even"],
    );
    refuses(
        "glu",
        &["--axis", "2"],
        &["error: --axis 2: 2 is out of range for 2 dimensions"],
    );
    refuses(
        "glu",
        &["--gate", "w.npy"],
        &["--gate w.npy", "[3]", "[2, 3]"],
    );
    refuses(
        "swiglu",
        &["--axis", "0", "--grad", "x.npy"],
        &["--grad x.npy", "[2, 3]", "[1, 3]"],
    );
    refuses(
        "geglu",
        &["--weight", "w.npy"],
        &["--weight w.npy", "only activations", "geglu"],
    );
    refuses(
        "geglu",
        &["--mask", "w.npy"],
        &["--mask w.npy", "only softmax", "geglu"],
    );
    refuses(
        "softmax",
        &["--grad", "x.npy", "--grad-weight", "dw.npy"],
        &["--grad-weight dw.npy", "only activations", "softmax"],
    );
    refuses(
        "softmax",
        &["--parameter", "beta"],
        &["--parameter beta", "only activations", "softmax"],
    );
    refuses(
        "glu",
        &["--gate", "x.npy", "--axis", "1"],
        &["--gate", "--axis"],
    );
    refuses("swigul", &[], &["swigul", "did you mean `swiglu`"]);
    refuses("gated(mihs)", &[], &["mihs", "did you mean `mish`"]);
    refuses("rellu", &[], &["rellu", "did you mean `relu`"]);
    refuses("elu(alpha=x)", &[], &["alpha must be a number"]);
    refuses("elu(alpha=nan)", &[], &["alpha must be a number"]);
    refuses("relu", &["--list"], &["--list"]);
}

#[test]
fn options_that_are_missing() {
    for (options, missing) in [
        (
            &["--weight", "w.npy", "--grad-weight", "dw.npy"][..],
            "--grad",
        ),
        (&["--grad", "x.npy", "--grad-gate", "dg.npy"], "--gate"),
    ] {
        let arguments = [&["prelu", "--input", "x.npy", "--output", "y.npy"], options].concat();
        let directory = directory();
        directory.fail("apply", &arguments, &["required arguments"]);
        let output = directory.run("apply", &arguments);
        assert!(
            String::from_utf8_lossy(&output.stderr).contains(&format!("\n  {missing} <")),
            "{arguments:?}"
        );
    }
}
