//! Which vectors a thread computes.

/// Elements that a thread computes where it computes two vectors.
pub(super) const PAIR: u64 = 8;

/// Threads that software drivers let go side by side, so that they load eight vectors in a row.
const SIDE_BY_SIDE: u32 = 8;

/// Elements from which on vectors are worth it in any case. GPUs have threads for so many, and are done sooner when each computes one.
const MANY: u64 = 1 << 15;

/// How threads share out vectors, of which each computes two. On a GPU a thread has one of each half. On a software adapter, whose memory is
/// slower the further it goes from one place to the next, it has two that are eight apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pairs {
    is_software: bool,
}

impl Pairs {
    pub(super) fn of(device: &wgpu::Device) -> Self {
        Self {
            is_software: device.adapter_info().device_type == wgpu::DeviceType::Cpu,
        }
    }

    /// Elements that are computed by pairs of vectors are a multiple of this.
    pub(super) fn block(self) -> u64 {
        if self.is_software {
            PAIR * u64::from(SIDE_BY_SIDE)
        } else {
            PAIR
        }
    }

    /// Whether so many elements go by vectors, if slices are aligned: a dispatch for vectors and one for what is left, which takes its time, are
    /// for large tensors.
    pub(super) fn are_worth_it(self, elements: u64) -> bool {
        elements >= MANY || self.is_software && elements.is_multiple_of(self.block())
    }

    /// What a kernel is told.
    pub(super) fn in_call(self, count: u32) -> [u32; 4] {
        if self.is_software {
            [SIDE_BY_SIDE, !(SIDE_BY_SIDE - 1), 0, 0]
        } else {
            [count, 0, 0, 0]
        }
    }
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::{MANY, PAIR, Pairs};
    use crate::{
        Activation, Element, Glu, GluLayout, Gpu, Kernels, Operation, Slice, SplitLayout, Tensor,
    };

    /// As `two_vectors` in `shaders/kernels/call.wgsl` has it.
    #[test]
    fn every_vector_has_one_thread() {
        for pairs in [false, true].map(|is_software| Pairs { is_software }) {
            for blocks in [1, 2, 5, 1000] {
                let count = (blocks * pairs.block() / PAIR) as u32;
                let [apart, on_top, ..] = pairs.in_call(count);
                let firsts = (0..count).map(|thread| thread + (thread & on_top));
                let mut vectors: Vec<_> = firsts.flat_map(|first| [first, first + apart]).collect();
                vectors.sort_unstable();
                assert_eq!(
                    vectors,
                    (0..2 * count).collect::<Vec<_>>(),
                    "{pairs:?}, {blocks} blocks"
                );
            }
        }
    }

    fn slice(tensor: &Tensor) -> Slice<'_> {
        tensor.slices().next().expect("a buffer")
    }

    /// What a kernel makes of x, the way of GPUs and that of software adapters.
    fn both_ways<T: Element>(
        gpu: &Gpu,
        x: &Tensor,
        output: &[T],
        operation: impl Fn(&Kernels, Slice<'_>, Slice<'_>) -> Operation,
    ) -> [Vec<f32>; 2] {
        [false, true].map(|is_software| {
            let kernels = Kernels {
                pairs: Pairs { is_software },
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
