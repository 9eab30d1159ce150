pub struct Dense;

impl KernelSource for Dense {
    fn source(&self) -> SourceTemplate {
        let gelu = Activation::Gelu.wgsl("my_").expect("`my_` is a prefix");
        SourceTemplate::new(gelu + include_str!("dense.wgsl"))
    }
    fn id(&self) -> KernelId { KernelId::new::<Self>() }
    fn lang(&self) -> &'static str { "wgsl" }
}
