//! A caller's buffers, in which elements that no call may write stand around those of a slice.

use wgpu::BufferUsages as Usages;
use wgpu::util::DeviceExt;
use wgpu_activations::{Dtype, Slice, wgpu};

use super::{gpu, read_buffer, widened};

const GUARD: u8 = 0xa5;

/// Bytes behind the last element, at least.
const GUARDS_BEHIND: usize = 20;

/// A slice of a buffer of its own, with guards around it.
pub struct Guarded {
    buffer: wgpu::Buffer,
    dtype: Dtype,
    offset: usize,
    length: usize,
}

impl Guarded {
    /// f32 values that begin `offset` elements into a buffer.
    pub fn new(values: &[f32], offset: usize) -> Self {
        Self::of_bytes(Dtype::F32, bytemuck::cast_slice(values), offset)
    }

    /// Values of a 16-bit type, by their bits.
    pub fn packed16(dtype: Dtype, bits: &[u16], offset: usize) -> Self {
        Self::of_bytes(dtype, bytemuck::cast_slice(bits), offset)
    }

    /// Room for so many elements, filled with guards.
    pub fn empty(dtype: Dtype, length: usize, offset: usize) -> Self {
        Self::of_bytes(dtype, &vec![GUARD; length * dtype.size() as usize], offset)
    }

    fn of_bytes(dtype: Dtype, bytes: &[u8], offset: usize) -> Self {
        let element = dtype.size() as usize;
        let mut contents = vec![GUARD; offset * element];
        contents.extend(bytes);
        contents.resize((contents.len() + GUARDS_BEHIND).next_multiple_of(4), GUARD);
        let descriptor = wgpu::util::BufferInitDescriptor {
            label: Some("guarded"),
            contents: &contents,
            usage: Usages::STORAGE | Usages::COPY_SRC,
        };
        Self {
            buffer: gpu().device().create_buffer_init(&descriptor),
            dtype,
            offset,
            length: bytes.len() / element,
        }
    }

    pub fn slice(&self) -> Slice<'_> {
        let [offset, size] =
            [self.offset, self.length].map(|elements| elements as u64 * self.dtype.size());
        Slice::new(&self.buffer, offset, size).with_dtype(self.dtype)
    }

    /// The bytes of the elements. Fails if a guard was written.
    fn bytes(&self) -> Vec<u8> {
        let all = read_buffer(&self.buffer);
        let [offset, size] =
            [self.offset, self.length].map(|elements| elements * self.dtype.size() as usize);
        let (before, rest) = all.split_at(offset);
        let (bytes, after) = rest.split_at(size);
        assert!(
            before.iter().chain(after).all(|&byte| byte == GUARD),
            "written outside of {} elements at {}",
            self.length,
            self.offset
        );
        bytes.to_vec()
    }

    /// The elements of a 16-bit type, by their bits.
    pub fn bits(&self) -> Vec<u16> {
        bytemuck::pod_collect_to_vec(&self.bytes())
    }

    /// The elements, as f32.
    pub fn values(&self) -> Vec<f32> {
        match self.dtype {
            Dtype::F32 => bytemuck::pod_collect_to_vec(&self.bytes()),
            dtype => widened(dtype, &self.bits()),
        }
    }
}
