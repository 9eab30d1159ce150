//! A Vulkan device that compiles kernels, and says what it made of them
//! (`VK_KHR_pipeline_executable_properties`). wgpu itself has no call for this, and needs more of a
//! device than a driver without a GPU has.

use std::ffi::{CStr, CString, c_char};

use anyhow::{Context, Result, ensure};
use ash::khr::pipeline_executable_properties;
use ash::{ext, vk};

use crate::counts::Counts;
use crate::shader::Shader;

pub struct Device {
    name: String,
    device: ash::Device,
    statistics: pipeline_executable_properties::Device,
    _instance: ash::Instance,
    _entry: ash::Entry,
}

/// The names of what is counted, in AMD's and Intel's drivers of Mesa.
mod names {
    pub const INSTRUCTIONS: &[&str] = &["Instructions", "Instruction Count"];
    pub const CLOCKS: &[&str] = &["Inverse Throughput", "Cycle Count"];
    pub const REGISTERS: &[&str] = &["VGPRs", "Max live registers"];
    pub const SPILLS: &[&str] = &[
        "Spilled SGPRs",
        "Spilled VGPRs",
        "Spill Count",
        "Fill Count",
    ];
}

impl Device {
    /// The first device of the drivers that `VK_DRIVER_FILES` names, with what wgpu asks of it.
    pub fn open() -> Result<Self> {
        // SAFETY: each call has what Vulkan asks for, all structures outlive the calls, and what is
        // made here lives until the program ends.
        unsafe {
            let entry = ash::Entry::load().context("there is no Vulkan loader")?;
            let application = vk::ApplicationInfo::default().api_version(vk::API_VERSION_1_3);
            let info = vk::InstanceCreateInfo::default().application_info(&application);
            let instance = entry.create_instance(&info, None)?;
            let devices = instance.enumerate_physical_devices()?;
            let physical = *devices.first().context("there is no Vulkan device")?;

            let mut driver = vk::PhysicalDeviceDriverProperties::default();
            let mut properties = vk::PhysicalDeviceProperties2::default().push_next(&mut driver);
            instance.get_physical_device_properties2(physical, &mut properties);
            let device_name = text(&properties.properties.device_name);
            let name = format!("{device_name}, {}", text(&driver.driver_info));
            let extensions = instance.enumerate_device_extension_properties(physical)?;
            let needed = [pipeline_executable_properties::NAME, ext::robustness2::NAME];
            for needed in needed {
                let has = |extension: &vk::ExtensionProperties| {
                    extension.extension_name_as_c_str() == Ok(needed)
                };
                ensure!(extensions.iter().any(has), "{name} has no {needed:?}");
            }

            let needed = needed.map(CStr::as_ptr);
            let queues = [vk::DeviceQueueCreateInfo::default().queue_priorities(&[1.0])];
            let features = vk::PhysicalDeviceFeatures::default().robust_buffer_access(true);
            let mut robustness =
                vk::PhysicalDeviceRobustness2FeaturesEXT::default().robust_buffer_access2(true);
            let mut executables =
                vk::PhysicalDevicePipelineExecutablePropertiesFeaturesKHR::default()
                    .pipeline_executable_info(true);
            let info = vk::DeviceCreateInfo::default()
                .queue_create_infos(&queues)
                .enabled_extension_names(&needed)
                .enabled_features(&features)
                .push_next(&mut robustness)
                .push_next(&mut executables);
            let device = instance
                .create_device(physical, &info, None)
                .with_context(|| format!("{name} makes no device"))?;
            let statistics = pipeline_executable_properties::Device::new(&instance, &device);
            Ok(Self {
                name,
                device,
                statistics,
                _instance: instance,
                _entry: entry,
            })
        }
    }

    /// The names and versions of device and driver.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn compile(&self, shader: &Shader) -> Result<Counts> {
        let (spirv, entry_point) = (shader.spirv()?, CString::new(shader.entry_point()?)?);
        let bindings: Vec<_> = shader
            .bindings()
            .map(|(binding, is_uniform)| {
                let kind = if is_uniform {
                    vk::DescriptorType::UNIFORM_BUFFER
                } else {
                    vk::DescriptorType::STORAGE_BUFFER
                };
                vk::DescriptorSetLayoutBinding::default()
                    .binding(binding)
                    .descriptor_type(kind)
                    .descriptor_count(1)
                    .stage_flags(vk::ShaderStageFlags::COMPUTE)
            })
            .collect();
        let device = &self.device;
        // SAFETY: each call has what Vulkan asks for, naga writes valid SPIR-V, all structures outlive
        // the calls, and each object is destroyed once.
        unsafe {
            let info = vk::ShaderModuleCreateInfo::default().code(&spirv);
            let module = device.create_shader_module(&info, None)?;
            let info = vk::DescriptorSetLayoutCreateInfo::default().bindings(&bindings);
            let set = device.create_descriptor_set_layout(&info, None)?;
            let sets = [set];
            let info = vk::PipelineLayoutCreateInfo::default().set_layouts(&sets);
            let layout = device.create_pipeline_layout(&info, None)?;
            let stage = vk::PipelineShaderStageCreateInfo::default()
                .stage(vk::ShaderStageFlags::COMPUTE)
                .module(module)
                .name(&entry_point);
            let info = vk::ComputePipelineCreateInfo::default()
                .flags(vk::PipelineCreateFlags::CAPTURE_STATISTICS_KHR)
                .stage(stage)
                .layout(layout);
            let made = device.create_compute_pipelines(vk::PipelineCache::null(), &[info], None);
            let pipeline = made.map_err(|(_, error)| error)?[0];
            let counts = self.counts(pipeline);
            device.destroy_pipeline(pipeline, None);
            device.destroy_pipeline_layout(layout, None);
            device.destroy_descriptor_set_layout(set, None);
            device.destroy_shader_module(module, None);
            counts
        }
    }

    /// # Safety
    /// The pipeline must be one of this device, made with `CAPTURE_STATISTICS`.
    unsafe fn counts(&self, pipeline: vk::Pipeline) -> Result<Counts> {
        let info = vk::PipelineInfoKHR::default().pipeline(pipeline);
        let which = vk::PipelineExecutableInfoKHR::default().pipeline(pipeline);
        // SAFETY: the caller says so. A compute pipeline has one executable here.
        let (executables, statistics) = unsafe {
            (
                self.statistics.get_pipeline_executable_properties(&info)?,
                self.statistics.get_pipeline_executable_statistics(&which)?,
            )
        };
        ensure!(
            executables.len() == 1,
            "the driver made several programs of it"
        );
        let sum = |names: &[&str]| -> Result<u64> {
            let of = |statistic: &vk::PipelineExecutableStatisticKHR<'_>| {
                let is_one = names.contains(&text(&statistic.name).as_str());
                // SAFETY: all of these are whole numbers.
                let value = unsafe { statistic.value.u64 };
                is_one.then_some(value)
            };
            let found: Vec<_> = statistics.iter().filter_map(of).collect();
            ensure!(
                !found.is_empty(),
                "the driver tells no {}",
                names.join(" or ")
            );
            Ok(found.iter().sum())
        };
        Ok(Counts {
            instructions: sum(names::INSTRUCTIONS)?,
            clocks: sum(names::CLOCKS)?,
            registers: sum(names::REGISTERS)?,
            spills: sum(names::SPILLS)?,
            width: executables[0].subgroup_size.into(),
        })
    }
}

fn text(chars: &[c_char]) -> String {
    let bytes = chars.iter().map(|&char| char as u8);
    let bytes: Vec<_> = bytes.take_while(|&byte| byte != 0).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
