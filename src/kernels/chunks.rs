//! Shares out the elements of a tensor to dispatches and threads.

use std::ops::Range;

/// The elements of the two vectors that a thread computes.
pub(super) const PAIR: u64 = 8;

/// The threads that software drivers execute side by side: so they load eight vectors in a row.
const SIDE_BY_SIDE: u32 = 8;

/// From so many elements on, vectors pay off in any case. Below, a GPU has a thread for each
/// element, and is done sooner.
const MANY: u64 = 1 << 15;

/// The two vectors of a thread. On a GPU they are one of each half of the tensor. On a software
/// adapter they are eight vectors apart, since its memory is slower the further it goes from one
/// place to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct VectorPairing {
    is_software: bool,
}

impl VectorPairing {
    pub(super) fn of(device: &wgpu::Device) -> Self {
        Self {
            is_software: device.adapter_info().device_type == wgpu::DeviceType::Cpu,
        }
    }

    pub(super) fn is_software(self) -> bool {
        self.is_software
    }

    /// Pairs of vectors compute a multiple of so many elements.
    pub(super) fn block(self) -> u64 {
        if self.is_software {
            PAIR * u64::from(SIDE_BY_SIDE)
        } else {
            PAIR
        }
    }

    /// True if the vector kernel pays off for so many elements. Its remainder needs a second
    /// dispatch.
    pub(super) fn pays_off(self, elements: u64) -> bool {
        elements >= MANY || self.is_software && elements.is_multiple_of(self.block())
    }

    /// The uniform that tells a kernel.
    pub(super) fn uniform(self, count: u32) -> [u32; 4] {
        if self.is_software {
            [SIDE_BY_SIDE, !(SIDE_BY_SIDE - 1), 0, 0]
        } else {
            [count, 0, 0, 0]
        }
    }
}

/// The elements of one dispatch, computed one by one or in pairs of vectors, or in rows.
pub(super) struct Chunk {
    /// 4 for vectors, 1 for elements.
    pub(super) width: u64,
    pub(super) range: Range<u64>,
    /// True if a thread computes vectors of several rows.
    pub(super) by_rows: bool,
}

/// Cuts elements into chunks of at most so many: pairs of vectors as far as there are whole blocks,
/// if vectors may be used, then the rest element by element.
pub(super) fn chunks(
    elements: u64,
    by_vectors: bool,
    most: u64,
    pairing: VectorPairing,
) -> impl Iterator<Item = Chunk> {
    let block = pairing.block();
    let whole = if by_vectors && most >= block {
        elements / block * block
    } else {
        0
    };
    let parts = [
        (4, 0..whole, most / block * block),
        (1, whole..elements, most),
    ]
    .into_iter();
    parts.flat_map(|(width, range, most)| {
        ranges(range, most).map(move |range| Chunk {
            width,
            range,
            by_rows: false,
        })
    })
}

/// A range in ranges of at most so many elements.
pub(super) fn ranges(range: Range<u64>, most: u64) -> impl Iterator<Item = Range<u64>> {
    let starts = range.clone().step_by(most.max(1) as usize);
    starts.map(move |start| start..range.end.min(start + most))
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::{MANY, PAIR, VectorPairing};
    use crate::{
        Activation, Element, Glu, GluLayout, Gpu, Kernels, Operation, Slice, SplitLayout, Tensor,
    };

    /// `firsts` is computed as in `thread_vectors` of `shaders/kernels/uniforms.wgsl`.
    #[test]
    fn every_vector_has_one_thread() {
        for pairing in [false, true].map(|is_software| VectorPairing { is_software }) {
            for blocks in [1, 2, 5, 1000] {
                let count = (blocks * pairing.block() / PAIR) as u32;
                let [apart, on_top, ..] = pairing.uniform(count);
                let firsts = (0..count).map(|thread| thread + (thread & on_top));
                let mut vectors: Vec<_> = firsts.flat_map(|first| [first, first + apart]).collect();
                vectors.sort_unstable();
                assert_eq!(
                    vectors,
                    (0..2 * count).collect::<Vec<_>>(),
                    "{pairing:?}, {blocks} blocks"
                );
            }
        }
    }

    fn slice(tensor: &Tensor) -> Slice<'_> {
        tensor.slices().next().expect("a buffer")
    }

    /// Runs a kernel with the pairing of GPUs, and with that of software adapters.
    fn both_ways<T: Element>(
        gpu: &Gpu,
        x: &Tensor,
        output: &[T],
        operation: impl Fn(&Kernels, Slice<'_>, Slice<'_>) -> Operation,
    ) -> [Vec<f32>; 2] {
        [false, true].map(|is_software| {
            let kernels = Kernels {
                pairing: VectorPairing { is_software },
                ..Kernels::new(gpu.device(), gpu.queue())
            };
            let y = gpu.upload(output, [output.len()]).expect("a tensor");
            gpu.submit().expect("uploads");
            let mut encoder = gpu
                .device()
                .create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
            operation(&kernels, slice(x), slice(&y)).encode(&mut encoder);
            gpu.queue().submit([encoder.finish()]);
            let [y] = gpu.read_blocking([&y]).expect("results");
            y
        })
    }

    fn check_both_ways<T: Element>(gpu: &Gpu, of: fn(f32) -> T) {
        let (silu, unset) = (Activation::Silu, of(1024.0));
        for elements in
            [8, 64, 1000, MANY - 4, MANY, MANY + 12, 3 * MANY + 2].map(|elements| elements as usize)
        {
            let x: Vec<_> = (0..elements)
                .map(|i| of((i as f32 * 0.37).sin() * 8.0))
                .collect();
            let x = gpu.upload(&x, [elements]).expect("a tensor");
            let output = vec![unset; elements];
            let forward = both_ways(gpu, &x, &output, |kernels, x, y| {
                kernels.forward(silu, x, y).expect("a kernel")
            });
            let backward = both_ways(gpu, &x, &output, |kernels, x, y| {
                kernels.backward(silu, x, x, y).expect("a kernel")
            });
            let split = SplitLayout::new(8, 1, GluLayout::ValueGate);
            let halves = elements / 8 * 4;
            let gated = both_ways(gpu, &x, &output[..halves], |kernels, x, y| {
                let x = Slice {
                    size: 2 * halves as u64 * T::DTYPE.size(),
                    ..x
                };
                kernels
                    .glu_split(Glu::SWIGLU, split, x, y)
                    .expect("a kernel")
            });
            for [on_gpus, on_software] in [forward, backward, gated] {
                assert!(on_gpus.iter().all(|&y| y != 1024.0), "{elements} elements");
                assert_eq!(on_gpus, on_software, "{elements} elements");
            }
        }
    }

    #[test]
    fn both_ways_give_the_same() {
        let gpu = Gpu::new_blocking().unwrap_or_else(|error| panic!("{error}"));
        check_both_ways(&gpu, |value| value);
        check_both_ways(&gpu, bf16::from_f32);
    }
}
