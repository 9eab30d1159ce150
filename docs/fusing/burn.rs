use burn_cubecl::{cubecl::prelude::KernelId, template::{KernelSource, SourceTemplate}};
use wgpu_activations::Activation;

pub struct Dense;
impl KernelSource for Dense {
    fn source(&self) -> SourceTemplate {
        let kernel = include_str!("dense.wgsl").replace("read>", "read_write>"); // tensors share buffers
        SourceTemplate::new(Activation::Gelu.wgsl("my_").expect("a prefix") + &kernel)
    }
    fn id(&self) -> KernelId { KernelId::new::<Self>() }
    fn lang(&self) -> &'static str { "wgsl" }
}
