//! One dispatch: the kernel, the uniform and the bindings.

use std::sync::Arc;

use super::call::Call;
use super::job::Job;
use crate::kernels::compile::Kernel;
use crate::kernels::operation::{Step, grid};
use crate::kernels::scope::caught;
use crate::kernels::slice::ELEMENT;
use crate::kernels::{Kernels, Slice, lock};
use crate::wgsl::WORKGROUP;
use crate::wgsl::rows::bindings::{CALL, OUTPUT, SECOND, STATISTICS, X};
use crate::wgsl::rows::{Dtypes, Pass, Share, Stage, module};
use crate::{AxisShape, Dtype, Error};

/// What tells one compiled kernel from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::kernels) struct Key {
    function: usize,
    pass: Pass,
    masked: bool,
    stage: Stage,
    share: Share,
    dtypes: Dtypes,
}

/// Elements of what is known of a block or of a row.
pub(super) const KNOWN: u64 = 2;

/// Elements of a vector.
pub(super) const VECTOR: u64 = 4;

/// Rows up to this length take one thread each.
const SHORT: u64 = 32;

/// One dispatch: rows, as they are in its bindings, and where its slices are.
pub(super) struct Dispatch<'a> {
    pub(super) stage: Stage,
    pub(super) rows: AxisShape,
    pub(super) block: u64,
    /// Index along the axis of the first element.
    pub(super) start: u64,
    /// Index in the bound mask of the first element, but for turns through the mask.
    pub(super) first: u64,
    pub(super) x: Slice<'a>,
    pub(super) second: Option<Slice<'a>>,
    pub(super) output: Slice<'a>,
    pub(super) statistics: Slice<'a>,
}

impl Dispatch<'_> {
    /// Whether all blocks begin and end where vectors of four elements do, in every slice.
    fn is_aligned(&self) -> bool {
        let slices = [Some(self.x), self.second, Some(self.output)];
        self.rows.length.is_multiple_of(VECTOR)
            && self.block.is_multiple_of(VECTOR)
            && slices.into_iter().flatten().all(Slice::is_aligned)
    }

    /// Whether its results are 16-bit, and those of two neighbouring columns are words.
    fn is_in_words(&self) -> bool {
        self.output.dtype != Dtype::F32
            && matches!(self.stage, Stage::Whole | Stage::Known)
            && self.rows.inner.is_multiple_of(2)
            && self.output.offset.is_multiple_of(ELEMENT)
    }

    fn dtypes(&self) -> Dtypes {
        Dtypes {
            x: self.x.dtype,
            second: self.second.map_or(Dtype::F32, |second| second.dtype),
            output: if self.stage.has_output() {
                self.output.dtype
            } else {
                Dtype::F32
            },
        }
    }
}

/// Whether rows take one thread each.
pub(super) fn is_strided_or_short(rows: AxisShape) -> bool {
    rows.inner > 1 || rows.length <= SHORT
}

impl Kernels {
    pub(super) fn row_step(&self, job: &Job<'_>, dispatch: &Dispatch<'_>) -> Result<Step, Error> {
        let &Dispatch {
            stage,
            rows,
            block,
            start,
            first,
            x,
            second,
            output,
            statistics,
        } = dispatch;
        let limit = self.limits.max_compute_workgroups_per_dimension;
        let blocks = rows.length.div_ceil(block).max(1);
        let count = (rows.outer * blocks * rows.inner) as u32;
        let by_threads = if stage.of_blocks() {
            rows.length <= SHORT
        } else {
            is_strided_or_short(rows)
        };
        let by_threads = by_threads || u64::from(count) > u64::from(limit).pow(2);
        let share = match stage {
            _ if by_threads && dispatch.is_in_words() => Share::Columns,
            _ if by_threads => Share::Threads,
            Stage::StatisticsOfBlocks | Stage::ReducedOfBlocks => Share::Workgroups,
            _ => {
                let is_even = rows.length.is_multiple_of(block.min(rows.length)) && count <= limit;
                Share::held(block.min(rows.length), dispatch.is_aligned(), is_even)
            }
        };
        let workgroups = grid(
            if by_threads {
                count.div_ceil(WORKGROUP)
            } else {
                count
            },
            limit,
        );
        let mut call = Call {
            count,
            row: if by_threads {
                workgroups.0 * WORKGROUP
            } else {
                workgroups.0
            },
            length: rows.length as u32,
            inner: rows.inner as u32,
            block: block as u32,
            blocks: blocks as u32,
            start: start as u32,
            ..job.call()
        };
        call.first = (first % u64::from(call.period)) as u32;

        let alignment = u64::from(self.limits.min_storage_buffer_offset_alignment);
        let mut bindings = Vec::with_capacity(5);
        let mut add = |binding,
                       field: &mut u32,
                       unit,
                       Slice {
                           buffer,
                           offset,
                           size,
                           dtype,
                           ..
                       }| {
            let rest = offset % alignment;
            *field = (rest / (unit * dtype.size())) as u32;
            bindings.push((
                binding,
                buffer,
                offset - rest,
                (rest + size).next_multiple_of(ELEMENT),
            ));
        };
        add(X, &mut call.x, if stage.of_blocks() { KNOWN } else { 1 }, x);
        if let Some(second) = second {
            add(SECOND, &mut call.second, 1, second);
        }
        // Of the second step of double backward, terms come from what the first has left there.
        if stage.has_output() || job.pass == Pass::DoubleBackward && !stage.of_blocks() {
            add(OUTPUT, &mut call.output, 1, output);
        }
        if stage.has_statistics() {
            add(STATISTICS, &mut call.statistics, KNOWN, statistics);
        }
        let (uniform, offset) =
            lock(&self.calls).write(&self.device, &self.queue, bytemuck::bytes_of(&call))?;
        bindings.push((CALL, &uniform, offset, size_of::<Call>() as u64));

        let (function, pass, masked) = (job.function.index(), job.pass, job.is_masked());
        let key = Key {
            function,
            pass,
            masked,
            stage,
            share,
            dtypes: dispatch.dtypes(),
        };
        let numbers: Vec<_> = bindings.iter().map(|binding| binding.0).collect();
        let kernel = self.row_kernel(job, key, &numbers)?;
        let bind_group = self.bind(&kernel, &bindings, || job.arguments())?;
        Ok(Step {
            kernel,
            bind_group,
            workgroups,
        })
    }

    /// The compiled kernel, from memory or new. Its layout has all that is bound: not every function reads all of it.
    fn row_kernel(&self, job: &Job<'_>, key: Key, bindings: &[u32]) -> Result<Arc<Kernel>, Error> {
        if let Some(kernel) = lock(&self.row_kernels).get(&key) {
            return Ok(kernel.clone());
        }
        let label = job.label();
        let entry = |&binding: &u32| {
            let read_only =
                matches!(binding, X | SECOND) || binding == STATISTICS && key.stage == Stage::Known;
            let ty = if binding == CALL {
                wgpu::BufferBindingType::Uniform
            } else {
                wgpu::BufferBindingType::Storage { read_only }
            };
            wgpu::BindGroupLayoutEntry {
                binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty,
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            }
        };
        let entries: Vec<_> = bindings.iter().map(entry).collect();
        let descriptor = wgpu::BindGroupLayoutDescriptor {
            label: Some(&label),
            entries: &entries,
        };
        let layout = caught(
            &self.device,
            || format!("the layout of `{label}`"),
            || {
                let group = self.device.create_bind_group_layout(&descriptor);
                self.device
                    .create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                        label: Some(&label),
                        bind_group_layouts: &[Some(&group)],
                        immediate_size: 0,
                    })
            },
        )?;
        let source = module(
            job.function,
            key.pass,
            key.masked,
            key.stage,
            key.share,
            key.dtypes,
        );
        let kernel =
            Arc::new(self.compile(label, source, key.share.entry_point(), Some(&layout))?);
        Ok(lock(&self.row_kernels).entry(key).or_insert(kernel).clone())
    }
}
