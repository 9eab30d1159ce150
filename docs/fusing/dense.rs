use wgpu_activations::{Activation, Error, wgpu};

pub fn dense(device: &wgpu::Device) -> Result<wgpu::ShaderModule, Error> {
    let code = Activation::Gelu.wgsl("my_")? + include_str!("dense.wgsl");
    let source = wgpu::ShaderSource::Wgsl(code.into());
    Ok(device.create_shader_module(wgpu::ShaderModuleDescriptor {
        label: Some("dense"),
        source,
    }))
}
