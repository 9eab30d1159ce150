//! What NumPy writes, of any version and in any type.

use npyz::Order;
use wgpu_activations::half::{bf16, f16};

use crate::Directory;
use crate::npy::{npy, npy_of_type, npy_of_version, npy_with_header};

/// Bytes of one number in little-endian order.
type Bytes = Vec<u8>;

/// Runs `apply`, which must find the input good: it then misses the gradient.
#[track_caller]
fn accepts(file: Vec<u8>) {
    let directory = Directory::new();
    directory.write("x.npy", file);
    let arguments = [
        "relu", "--input", "x.npy", "--grad", "none.npy", "--output", "y.npy",
    ];
    directory.fail("apply", &arguments, &["--grad none.npy"]);
}

#[track_caller]
fn refuses(file: Vec<u8>, expected: &[&str]) {
    let directory = Directory::new();
    directory.write("x.npy", file);
    let arguments = ["relu", "--input", "x.npy", "--output", "y.npy"];
    directory.fail(
        "apply",
        &arguments,
        &[&["--input x.npy"], expected].concat(),
    );
}

/// Headers as NumPy 2.4, 1.x and Python 2 wrote them, and what else NumPy reads.
#[test]
fn headers_that_numpy_reads() {
    for header in [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }                            \n",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }               \n",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (6L,), }\n",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2)}",
        "{'shape':(2,3),'descr':'<f4','fortran_order':False}",
        " \t{\"descr\" : \"<f4\" ,\r\n 'fortran_order':False, 'shape' : ( 2 , 3 , ) , } \n\n",
        "{u'descr': u'<f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '>f4', 'fortran_order': False, 'shape': (00, 3, 2)}",
        "{'descr': '=f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': 'f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '|f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': 'float32', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': 'double', 'fortran_order': False, 'shape': (3,)}",
        "{'descr': '?', 'fortran_order': False, 'shape': (24,)}",
        "{'descr': '<f8', 'descr': 'f', 'fortran_order': False, 'shape': (2, 3)}",
    ] {
        let values = if header.contains("00") {
            &[][..]
        } else {
            &[0; 24]
        };
        accepts(npy_of_version(1, header, values));
        accepts(npy_of_version(2, header, values));
        if !header.contains('L') {
            accepts(npy_of_version(3, header, values));
        }
    }
}

#[test]
fn headers_that_numpy_refuses() {
    let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}";
    for header in [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x",
        "({'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)},)",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3),,}",
        "{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1}",
        "{'descr': '<f4', 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': true, 'shape': (2, 3)}",
        "{'descr': b'<f4', 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': None, 'fortran_order': False, 'shape': (2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3]}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 6}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 03)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, True)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3l)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3}",
        "",
    ] {
        refuses(npy_with_header(header, &[0; 24]), &["its header"]);
    }
    let long = good.replace("2, 3", "2L, 3L");
    refuses(npy_of_version(3, &long, &[0; 24]), &["its header"]);
    let mut file = npy_with_header(good, &[0; 24]);
    file[7] = 1;
    refuses(file, &["version 1.1"]);
}

#[test]
fn types_that_are_not_numbers() {
    for descr in [
        "'<c8'",
        "'<f16'",
        "'|S4'",
        "'<U1'",
        "'<M8[s]'",
        "'<V1'",
        "'|V4'",
        "'F4'",
        "'<float32'",
        "''",
    ] {
        refuses(
            npy_of_type(descr, false, "(3,)", &[0; 24]),
            &["its dtype is", "float32"],
        );
    }
    refuses(
        npy_of_type("'|O'", false, "(3,)", &[0; 24]),
        &["dtype is |O", "pickled"],
    );
    for descr in ["[('a', '<f4'), ('b', '<f4')]", "('<f4', (2,))"] {
        refuses(
            npy_of_type(descr, false, "(3,)", &[0; 24]),
            &["dtype is structured"],
        );
    }
}

/// Every type in both byte orders. `identity` shows what is read.
#[test]
fn every_type() {
    fn bytes<const N: usize>(numbers: [[u8; N]; 3]) -> Vec<Bytes> {
        numbers.iter().map(|number| number.to_vec()).collect()
    }
    let (small, signed) = ([0.0, 1.0, 200.0], [0.0, 1.0, -100.0]);
    let floats = [-0.25, 1.5, f32::INFINITY];
    let types: [(&str, Vec<Bytes>, [f32; 3]); 13] = [
        ("b1", bytes([[0], [1], [7]]), [0.0, 1.0, 1.0]),
        ("u1", bytes([0_u8, 1, 200].map(u8::to_le_bytes)), small),
        ("u2", bytes([0_u16, 1, 200].map(u16::to_le_bytes)), small),
        ("u4", bytes([0_u32, 1, 200].map(u32::to_le_bytes)), small),
        ("u8", bytes([0_u64, 1, 200].map(u64::to_le_bytes)), small),
        ("i1", bytes([0_i8, 1, -100].map(i8::to_le_bytes)), signed),
        ("i2", bytes([0_i16, 1, -100].map(i16::to_le_bytes)), signed),
        ("i4", bytes([0_i32, 1, -100].map(i32::to_le_bytes)), signed),
        ("i8", bytes([0_i64, 1, -100].map(i64::to_le_bytes)), signed),
        (
            "f2",
            bytes(floats.map(|x| f16::from_f32(x).to_le_bytes())),
            floats,
        ),
        (
            "V2",
            bytes(floats.map(|x| bf16::from_f32(x).to_le_bytes())),
            floats,
        ),
        ("f4", bytes(floats.map(f32::to_le_bytes)), floats),
        (
            "f8",
            bytes(floats.map(|x| f64::from(x).to_le_bytes())),
            floats,
        ),
    ];
    let directory = Directory::new();
    for (code, numbers, wanted) in types {
        let big = numbers
            .iter()
            .flat_map(|number| number.iter().rev().copied());
        directory.write(
            "x.npy",
            npy_of_type(
                &format!("'>{code}'"),
                false,
                "(3,)",
                &big.collect::<Vec<_>>(),
            ),
        );
        directory.write(
            "g.npy",
            npy_of_type(&format!("'<{code}'"), false, "(3,)", &numbers.concat()),
        );
        // The second result is value * gate: what was read from both files, and in bilinear's
        // gradient it is what each was.
        directory.write_npy("one.npy", &[3], &[1.0; 3]);
        let arguments = [
            "bilinear",
            "--input",
            "x.npy",
            "--gate",
            "g.npy",
            "--grad",
            "one.npy",
            "--output",
            "dv.npy",
            "--grad-gate",
            "dg.npy",
        ];
        let output = directory.run("apply", &arguments);
        assert!(output.status.success(), "{code}: {output:?}");
        assert!(
            !String::from_utf8_lossy(&output.stderr).contains("note"),
            "{code}: {output:?}"
        );
        for name in ["dv.npy", "dg.npy"] {
            let (_, _, got) = directory.read_npy(name);
            assert_eq!(got, wanted, "{code}, {name}");
        }
        let size = if matches!(code, "f2" | "V2") { 2 } else { 4 };
        assert_eq!(directory.files()["dv.npy"].len(), 128 + 3 * size, "{code}");
    }
}

/// What f32 does not have is rounded, and said.
#[test]
fn lost_digits_are_said() {
    let doubles = [0.1, 0.5, f64::MAX, f64::NAN]
        .map(f64::to_le_bytes)
        .concat();
    let integers = [16_777_216_i64, 16_777_217, -16_777_219, i64::MAX]
        .map(i64::to_le_bytes)
        .concat();
    let unsigned = [u64::MAX, 1 << 63, 3, 1].map(u64::to_le_bytes).concat();
    let directory = Directory::new();
    for (descr, values, note, wanted) in [
        (
            "'<f8'",
            doubles,
            "2 of 4 values were rounded",
            [0.1, 0.5, f32::INFINITY, f32::NAN],
        ),
        (
            "'<i8'",
            integers,
            "3 of 4 values",
            [
                16_777_216.0,
                16_777_216.0,
                -16_777_220.0,
                9_223_372_036_854_775_807.0,
            ],
        ),
        (
            "'<u8'",
            unsigned,
            "1 of 4 values",
            [
                18_446_744_073_709_551_615.0,
                9_223_372_036_854_775_808.0,
                3.0,
                1.0,
            ],
        ),
    ] {
        directory.write("x.npy", npy_of_type(descr, false, "(4,)", &values));
        let output = directory.run(
            "apply",
            &["identity", "--input", "x.npy", "--output", "y.npy"],
        );
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            stderr.contains("note: --input x.npy: ") && stderr.contains(note),
            "{stderr}"
        );
        let (_, _, got) = directory.read_npy("y.npy");
        let is_same =
            |(got, wanted): (&f32, &f32)| got == wanted || got.is_nan() && wanted.is_nan();
        assert!(got.iter().zip(&wanted).all(is_same), "{descr}: {got:?}");
    }
}

/// --dtype chooses the type of the results, which are rounded once, to nearest.
#[test]
fn chosen_types() {
    let directory = Directory::new();
    let x = [
        1.0_f32,
        1.000_488_4,
        1.003_906_4,
        -65_519.0,
        65_520.0,
        3.0e38,
    ];
    directory.write_npy("x.npy", &[2, 3], &x);
    let halves = x.map(f16::from_f32);
    directory.write("half.npy", npy(&[2, 3], Order::C, &halves));
    let header =
        |descr: &str| format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (2, 3), }}");
    let f32s = |values: &[f32]| {
        values
            .iter()
            .flat_map(|x| x.to_le_bytes())
            .collect::<Vec<_>>()
    };
    let f16s = halves
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect::<Vec<_>>();
    let bf16s = x
        .iter()
        .flat_map(|&x| bf16::from_f32(x).to_le_bytes())
        .collect::<Vec<_>>();
    let wide = halves.map(f16::to_f32);
    for (input, dtype, descr, values) in [
        ("x.npy", "f32", "<f4", f32s(&x)),
        ("x.npy", "f16", "<f2", f16s),
        ("x.npy", "bf16", "<V2", bf16s),
        ("half.npy", "f32", "<f4", f32s(&wide)),
    ] {
        let arguments = [
            "identity", "--input", input, "--output", "y.npy", "--dtype", dtype,
        ];
        directory.succeed("apply", &arguments);
        let file = &directory.files()["y.npy"];
        // The same bytes as NumPy's: its headers are padded to multiples of 64.
        assert_eq!(file[..10], *b"\x93NUMPY\x01\x00\x76\x00");
        assert_eq!(
            String::from_utf8_lossy(&file[10..128]).trim_end(),
            header(descr)
        );
        assert_eq!(file[127], b'\n');
        assert_eq!(file[128..], values, "{input} as {dtype}");
    }
    // Functions along an axis are rounded in the same way.
    directory.succeed(
        "apply",
        &[
            "softmax", "--input", "half.npy", "--output", "y.npy", "--dtype", "bf16", "--check",
        ],
    );
    assert_eq!(directory.files()["y.npy"].len(), 128 + 12);
}

/// A learned parameter's gradient is f32, unless another type is chosen.
#[test]
fn the_type_of_a_parameters_gradient() {
    let directory = Directory::new();
    let x = [-1.0, -2.5, 3.0].map(f16::from_f32);
    directory.write("x.npy", npy(&[3], Order::C, &x));
    for (options, size, unit) in [
        (&[][..], 4, "times 2^-24 of"),
        (&["--dtype", "bf16"], 2, "ulp of bf16"),
    ] {
        let arguments = [
            "prelu",
            "--input",
            "x.npy",
            "--grad",
            "x.npy",
            "--output",
            "dx.npy",
            "--grad-weight",
            "dw.npy",
            "--check",
        ];
        let printed = directory.succeed("apply", &[&arguments[..], options].concat());
        let check = printed.lines().nth(1).expect("a second check");
        assert!(
            check.starts_with("check of --grad-weight: at most 0.000 "),
            "{check}"
        );
        assert!(check.contains(unit), "{check}");
        assert_eq!(directory.read_npy("dw.npy").2, [7.25]);
        assert_eq!(directory.files()["dw.npy"].len(), 128 + size);
    }
}

/// Boolean masks say which elements count.
#[test]
fn boolean_masks() {
    let directory = Directory::new();
    directory.write_npy("x.npy", &[2, 2], &[1.0, 1.0, 5.0, 9.0]);
    directory.write(
        "m.npy",
        npy_of_type("'|b1'", false, "(2, 2)", &[1, 1, 0, 1]),
    );
    let arguments = [
        "softmax", "--input", "x.npy", "--mask", "m.npy", "--output", "y.npy",
    ];
    directory.succeed("apply", &arguments);
    assert_eq!(directory.read_npy("y.npy").2, [0.5, 0.5, 0.0, 1.0]);
}
