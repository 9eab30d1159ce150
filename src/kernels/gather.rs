//! Devices with fewer bindings than a pass has tensors: wgpu's downlevel limits have four.

use super::call::Call;
use super::job::Operand;
use super::operation::Step;
use super::plan::Dispatch;
use super::slice::ELEMENT;
use super::{Kernels, Slice};
use crate::wgsl::storage::{LEARNED, Storage, TANGENT, X};
use crate::wgsl::{Module, Pass};
use crate::{Activation, Dtype, Error};

/// The most elements of a dispatch that copies one of its tensors before.
pub(super) const MOST_GATHERED: u64 = 1 << 20;

impl Kernels {
    /// Of the bindings of a dispatch the first one that the device has no room for: that and those behind it share one, into which
    /// they are copied before.
    pub(super) fn first_gathered(
        &self,
        bindings: impl Iterator<Item = u32> + Clone,
    ) -> Option<u32> {
        let most = self.limits.max_storage_buffers_per_shader_stage as usize;
        let is_enough =
            |first: &u32| bindings.clone().filter(|binding| binding < first).count() < most;
        if bindings.clone().count() <= most {
            None
        } else {
            [LEARNED, TANGENT].into_iter().find(is_enough)
        }
    }

    /// A dispatch, behind those that copy what has no binding of its own, as f32.
    pub(super) fn dispatch(&self, mut dispatch: Dispatch<'_>) -> Result<Vec<Step>, Error> {
        let Some(first) = self.first_gathered(dispatch.parts.iter().map(|part| part.binding))
        else {
            return Ok(vec![self.step(dispatch)?]);
        };
        let elements = |part: &Operand<'_>| match part.slice.layout {
            Some(_) => u64::from(dispatch.call.elements),
            None => part.slice.elements(),
        };
        let total = dispatch
            .parts
            .iter()
            .filter(|part| part.binding >= first)
            .try_fold(0, |total, part| {
                let total = elements(part).saturating_add(total);
                self.check_reach(part.argument, total, Dtype::F32)
                    .map(|()| total)
            })?;
        let [scratch] = self.kept(&self.gathered, total)?;
        let mut steps = Vec::new();
        let (mut parts, mut end) = (Vec::new(), 0);
        for &part in &dispatch.parts {
            if part.binding < first {
                parts.push(part);
                continue;
            }
            let slice = Slice::new(&scratch, end, elements(&part) * ELEMENT);
            end += slice.size;
            steps.push(self.copy(part, dispatch.start, slice)?);
            dispatch.module.storages[part.binding as usize] = Storage {
                is_gathered: true,
                ..Storage::default()
            };
            parts.push(Operand { slice, ..part });
        }
        steps.push(self.step(Dispatch { parts, ..dispatch })?);
        Ok(steps)
    }

    /// A copy of elements, of a view from `start` on, as f32.
    fn copy(&self, part: Operand<'_>, start: u64, to: Slice<'_>) -> Result<Step, Error> {
        let (from, output) = (
            Operand { binding: X, ..part },
            Operand::output("a copy", to),
        );
        let mut module = Module::new(Activation::Identity, Pass::Forward);
        module.storages[X as usize] = from.storage();
        let (workgroups, call) = self.threads(&(0..to.elements()), 1, to, Call::default());
        let parts = vec![from, output];
        self.step(Dispatch {
            module,
            entry_point: "elements",
            call,
            parts,
            width: 1,
            start,
            workgroups,
        })
    }
}
