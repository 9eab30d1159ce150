//! The uniform that tells a dispatch which rows to work on.

use bytemuck::{Pod, Zeroable};

/// The same struct as `Call` in `shaders/rows/call.wgsl`, where the fields are explained.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
pub(super) struct Call {
    pub(super) count: u32,
    pub(super) row: u32,
    pub(super) length: u32,
    pub(super) inner: u32,
    pub(super) block: u32,
    pub(super) blocks: u32,
    pub(super) start: u32,
    pub(super) x: u32,
    pub(super) second: u32,
    pub(super) output: u32,
    pub(super) statistics: u32,
    pub(super) first: u32,
    pub(super) period: u32,
    pub(super) flip: u32,
    pub(super) zero: u32,
    pub(super) empty_is_zero: u32,
    pub(super) rate: [f32; 4],
}

/// 4 / temperature in two parts, the first of 12 bits so that its products with such numbers are exact;
/// sign / temperature; and a number that rounds what is added to it to a power of two, from 1/128 to 1/64 of the temperature.
pub(super) fn rate(temperature: f32, sign: f64) -> [f32; 4] {
    let quadruple = 4.0 / f64::from(temperature);
    let upper = f32::from_bits((quadruple as f32).to_bits() & 0xffff_f000);
    let rounding = f32::from_bits(temperature.to_bits() & 0xff80_0000) / 64.0 * 12_582_912.0;
    [upper, (quadruple - f64::from(upper)) as f32, (sign / f64::from(temperature)) as f32, rounding]
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::{Call, rate};

    #[test]
    fn call_is_laid_out_as_in_wgsl() {
        let text = [crate::wgsl::MATH, include_str!("../../../shaders/rows/call.wgsl")].concat();
        let module = naga::front::wgsl::parse_str(&text).expect("call.wgsl is WGSL");
        let (_, call) =
            module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some("Call")).expect("call.wgsl has Call");
        let naga::TypeInner::Struct { members, span } = &call.inner else { panic!("Call is a struct") };
        let in_wgsl: Vec<_> =
            members.iter().map(|member| (member.name.as_deref().unwrap_or_default(), member.offset as usize)).collect();
        macro_rules! in_rust { ($($field:ident)*) => { vec![$((stringify!($field), offset_of!(Call, $field))),*] } }
        assert_eq!(
            in_wgsl,
            in_rust!(count row length inner block blocks start x second output statistics first period flip zero empty_is_zero rate)
        );
        assert_eq!(*span as usize, size_of::<Call>());
    }

    #[test]
    fn rates_are_those_of_the_temperature() {
        for temperature in [2f32.powi(-10), 0.3, 1.0, 7.0, 1024.0] {
            let [upper, rest, whole, rounding] = rate(temperature, -1.0);
            let sum = (f64::from(upper) + f64::from(rest)) * f64::from(temperature);
            // 12 bits and 24 more, of which truncation may leave the first empty.
            assert!((sum - 4.0).abs() <= 4.0 * 2f64.powi(-35), "{temperature}");
            assert_eq!(whole, -1.0 / temperature);
            let rounded = (temperature + rounding) - rounding;
            assert!((rounded - temperature).abs() <= temperature / 64.0, "{temperature}: {rounded}");
        }
    }
}
