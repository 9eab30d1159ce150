//! Headers of npy files.

use std::io::Read;

use anyhow::{Context, Result, bail, ensure};
use npyz::Order;
use wgpu_activations::Dtype;

use super::{Layout, Number};

/// NumPy refuses longer headers, too.
const MOST_BYTES: u64 = 10_000;

/// NumPy begins the values at a multiple of this.
const ALIGNMENT: usize = 64;

/// The contents of a header.
#[derive(Debug)]
pub struct Header {
    pub layout: Layout,
    pub number: Number,
    /// The size of the header in bytes. The values follow.
    pub start: u64,
    /// The size of the values in bytes.
    pub bytes: u64,
}

impl Header {
    /// Reads a header of version 1.0, 2.0 or 3.0, up to the first value.
    pub fn read(file: &mut impl Read) -> Result<Self> {
        let mut magic = [0; 8];
        let is_npy = file.read_exact(&mut magic).is_ok() && magic.starts_with(b"\x93NUMPY");
        ensure!(is_npy, "it is not an npy file");
        let version = (magic[6], magic[7]);
        let (before, length) = match version {
            (1, 0) => (10, u64::from(u16::from_le_bytes(take(file)?))),
            (2 | 3, 0) => (12, u64::from(u32::from_le_bytes(take(file)?))),
            (major, minor) => bail!(
                "it is an npy file of version {major}.{minor}, but only 1.0, 2.0 and 3.0 are known"
            ),
        };
        ensure!(
            length <= MOST_BYTES,
            "its header has {length} bytes, but NumPy takes at most {MOST_BYTES}"
        );
        let mut text = Vec::new();
        file.take(length).read_to_end(&mut text)?;
        ensure!(text.len() as u64 == length, "it ends within its header");
        let text = String::from_utf8_lossy(&text);
        let beginning: String = text.trim().chars().take(80).collect();
        let wrong = || format!("its header, {beginning:?}, is not that of an array of numbers");
        let fields = Fields::parse(&text, version.0 < 3).with_context(wrong)?;

        let number = match fields.descr {
            Descr::Structured => bail!(
                "its dtype is structured, but it must be a number; its header is {beginning:?}"
            ),
            Descr::Plain(descr) => Number::parse(descr).with_context(|| {
                let pickled = if descr.ends_with('O') {
                    " (pickled Python objects)"
                } else {
                    ""
                };
                format!(
                    "its dtype is {descr}{pickled}, but it must be bool, an integer, float16, \
                     float32, float64 or bfloat16 (V2)"
                )
            })?,
        };
        let shape = fields.shape;
        // As in NumPy, the product of the dimensions that are not 0 must fit, too.
        let mut dimensions = shape.iter().map(|&dimension| dimension.max(1));
        let most = dimensions.try_fold(number.size(), usize::checked_mul);
        let bytes = most
            .filter(|&bytes| isize::try_from(bytes).is_ok())
            .with_context(|| format!("its shape is {shape:?}, which is larger than any memory"))?;
        // Both orders are the same for one dimension.
        let order = if shape.len() < 2 {
            Order::C
        } else {
            fields.order
        };
        Ok(Self {
            start: before + length,
            bytes: if shape.contains(&0) { 0 } else { bytes as u64 },
            layout: Layout { shape, order },
            number,
        })
    }

    /// Returns the header of a file, as NumPy writes it.
    pub fn encoded(layout: &Layout, dtype: Dtype) -> Vec<u8> {
        let descr = match dtype {
            Dtype::F16 => "<f2",
            Dtype::Bf16 => "<V2",
            _ => "<f4",
        };
        let order = match layout.order {
            Order::C => "False",
            Order::Fortran => "True",
        };
        let shape: String = layout
            .shape
            .iter()
            .map(|dimension| format!("{dimension}, "))
            .collect();
        let shape = match layout.shape.len() {
            1 => shape.trim_end(),
            _ => shape.trim_end_matches(", "),
        };
        let text =
            format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({shape}), }}");
        // The length fits, since shapes come from headers that have at most 10,000 bytes.
        let before = b"\x93NUMPY\x01\x00".len() + size_of::<u16>();
        let length = (before + text.len() + 1).next_multiple_of(ALIGNMENT) - before;
        let width = length - 1;
        [
            b"\x93NUMPY\x01\x00",
            &(length as u16).to_le_bytes()[..],
            format!("{text:width$}\n").as_bytes(),
        ]
        .concat()
    }
}

/// The dictionary in a header, such as `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}`.
struct Fields<'a> {
    descr: Descr<'a>,
    order: Order,
    shape: Vec<usize>,
}

enum Descr<'a> {
    Plain(&'a str),
    /// A list or a tuple: fields, or arrays as elements.
    Structured,
}

impl<'a> Fields<'a> {
    /// Parses the dictionary. Python 2 wrote integers as `2L`.
    fn parse(text: &'a str, allow_long: bool) -> Option<Self> {
        let (mut descr, mut order, mut shape) = (None, None, None);
        let mut literal = Literal(text);
        literal.symbol("{")?;
        while literal.symbol("}").is_none() {
            let key = literal.string()?;
            literal.symbol(":")?;
            match key {
                "descr" if literal.is_next(&['[', '(']) => {
                    // The rest need not be understood, since it is refused.
                    return Some(Self {
                        descr: Descr::Structured,
                        order: Order::C,
                        shape: vec![],
                    });
                }
                "descr" => descr = Some(Descr::Plain(literal.string()?)),
                "fortran_order" => {
                    let is_c = literal.symbol("False").map(|()| Order::C);
                    order = Some(is_c.or_else(|| literal.symbol("True").map(|()| Order::Fortran))?);
                }
                "shape" => shape = Some(literal.shape(allow_long)?),
                _ => return None,
            }
            if literal.symbol(",").is_none() && !literal.is_next(&['}']) {
                return None;
            }
        }
        literal.skip_spaces();
        literal.0.is_empty().then_some(())?;
        Some(Self {
            descr: descr?,
            order: order?,
            shape: shape?,
        })
    }
}

/// The rest of a text that is read as a Python literal. Nothing in it nests, so nothing recurses.
struct Literal<'a>(&'a str);

impl<'a> Literal<'a> {
    fn skip_spaces(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t', '\n', '\r', '\x0c']);
    }

    fn is_next(&mut self, symbols: &[char]) -> bool {
        self.skip_spaces();
        self.0.starts_with(symbols)
    }

    fn symbol(&mut self, symbol: &str) -> Option<()> {
        self.skip_spaces();
        self.0 = self.0.strip_prefix(symbol)?;
        Some(())
    }

    /// A string without escapes, which no key and no type of numbers needs.
    fn string(&mut self) -> Option<&'a str> {
        self.skip_spaces();
        let text = self.0.strip_prefix('u').unwrap_or(self.0); // Python 2 marks unicode so
        let quote = text.chars().next().filter(|quote| "'\"".contains(*quote))?;
        let (string, rest) = text[1..].split_once(quote)?;
        self.0 = rest;
        (!string.contains(['\\', '\n'])).then_some(string)
    }

    /// A tuple of dimensions.
    fn shape(&mut self, allow_long: bool) -> Option<Vec<usize>> {
        let mut shape = vec![];
        self.symbol("(")?;
        loop {
            if self.symbol(")").is_some() {
                return Some(shape);
            }
            shape.push(self.integer(allow_long)?);
            if self.symbol(",").is_none() {
                // `(3)` is a number, not a tuple.
                return (shape.len() > 1 && self.symbol(")").is_some()).then_some(shape);
            }
        }
    }

    fn integer(&mut self, allow_long: bool) -> Option<usize> {
        self.skip_spaces();
        let end = self
            .0
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        self.0 = rest;
        if allow_long {
            self.0 = rest.strip_prefix('L').unwrap_or(rest);
        }
        let is_octal = digits.starts_with('0') && !digits.trim_matches('0').is_empty();
        digits.parse().ok().filter(|_| !is_octal)
    }
}

/// Reads the next bytes of a file.
fn take<const N: usize>(file: &mut impl Read) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)
        .context("it ends within its header")?;
    Ok(bytes)
}
