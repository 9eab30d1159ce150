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
    pub(super) zero: f32,
    pub(super) empty_is_zero: u32,
    pub(super) rate: [f32; 4],
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use super::Call;

    #[test]
    fn call_is_laid_out_as_in_wgsl() {
        let text = [
            crate::wgsl::parameters_are_constant(true),
            crate::wgsl::MATH,
            include_str!("../../../shaders/rows/call.wgsl"),
        ]
        .concat();
        let module = naga::front::wgsl::parse_str(&text).expect("call.wgsl is WGSL");
        let (_, call) = module
            .types
            .iter()
            .find(|(_, ty)| ty.name.as_deref() == Some("Call"))
            .expect("call.wgsl has Call");
        let naga::TypeInner::Struct { members, span } = &call.inner else {
            panic!("Call is a struct")
        };
        let in_wgsl: Vec<_> = members
            .iter()
            .map(|member| {
                (
                    member.name.as_deref().unwrap_or_default(),
                    member.offset as usize,
                )
            })
            .collect();
        macro_rules! in_rust { ($($field:ident)*) => { vec![$((stringify!($field), offset_of!(Call, $field))),*] } }
        assert_eq!(
            in_wgsl,
            in_rust!(count row length inner block blocks start x second output statistics first period flip zero empty_is_zero rate)
        );
        assert_eq!(*span as usize, size_of::<Call>());
    }
}
