//! WGSL, translated as wgpu translates it.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use naga::back::{msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{AddressSpace, Module, ShaderStage};

/// A module with one kernel.
pub struct Shader {
    module: Module,
    info: ModuleInfo,
}

/// These are the checks that wgpu 30 asks for on Vulkan. It has the driver check the bounds of
/// buffers where there is `robustBufferAccess2`, which [`crate::vulkan`] asks for, too.
const BOUNDS: BoundsCheckPolicies = BoundsCheckPolicies {
    index: BoundsCheckPolicy::Restrict,
    buffer: BoundsCheckPolicy::Unchecked,
    image_load: BoundsCheckPolicy::Unchecked,
    binding_array: BoundsCheckPolicy::Unchecked,
};

impl Shader {
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let module = naga::front::wgsl::parse_str(&text)
            .map_err(|error| anyhow!(error.emit_to_string(&text)))?;
        let info = Validator::new(ValidationFlags::all(), Capabilities::all())
            .validate(&module)
            .map_err(|error| anyhow!(error.emit_to_string(&text)))?;
        Ok(Self { module, info })
    }

    pub fn entry_point(&self) -> Result<&str> {
        let points = &self.module.entry_points;
        let point = points.first().context("it has no entry point")?;
        Ok(&point.name)
    }

    /// The number of each binding, and whether it is a uniform buffer. All others are storage
    /// buffers.
    pub fn bindings(&self) -> impl Iterator<Item = (u32, bool)> {
        let variables = self.module.global_variables.iter();
        variables.filter_map(|(_, variable)| {
            let binding = variable.binding?.binding;
            Some((binding, variable.space == AddressSpace::Uniform))
        })
    }

    /// SPIR-V, as wgpu 30 has naga write it for Vulkan 1.3.
    pub fn spirv(&self) -> Result<Vec<u32>> {
        let options = spv::Options {
            lang_version: (1, 6),
            flags: spv::WriterFlags::FORCE_POINT_SIZE,
            bounds_check_policies: BOUNDS,
            // The crate asks for this: its reductions write all of their memory before they read it.
            zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::None,
            force_loop_bounding: true,
            emit_int_div_checks: true,
            ..Default::default()
        };
        let pipeline_options = spv::PipelineOptions {
            entry_point: self.entry_point()?.to_owned(),
            shader_stage: ShaderStage::Compute,
        };
        let spirv = spv::write_vec(&self.module, &self.info, &options, Some(&pipeline_options))?;
        Ok(spirv)
    }

    /// Metal's language, which is C++, and so can be translated to CUDA's. It has no checks, as NVIDIA's
    /// hardware does them.
    pub fn metal(&self) -> Result<String> {
        let options = msl::Options {
            fake_missing_bindings: true,
            bounds_check_policies: BoundsCheckPolicies {
                index: BoundsCheckPolicy::Unchecked,
                ..BOUNDS
            },
            zero_initialize_workgroup_memory: false,
            force_loop_bounding: false,
            emit_int_div_checks: false,
            ..Default::default()
        };
        let pipeline_options = msl::PipelineOptions {
            entry_point: Some((ShaderStage::Compute, self.entry_point()?.to_owned())),
            ..Default::default()
        };
        let (text, _) = msl::write_string(&self.module, &self.info, &options, &pipeline_options)?;
        Ok(text)
    }
}
