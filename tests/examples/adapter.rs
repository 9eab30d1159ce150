//! The example `adapter`: the adapter that is taken, or why there is none.

use crate::Directory;

/// The reason is what Vulkan says, which is asked first, and not what OpenGL says.
#[test]
#[cfg(target_os = "linux")]
fn without_drivers_the_first_reason_is_given() {
    let directory = Directory::new();
    let mut command = directory.command("adapter", &[]);
    // Loaders of Vulkan and of EGL find no driver there.
    for variable in ["VK_DRIVER_FILES", "__EGL_VENDOR_LIBRARY_DIRS"] {
        command.env(variable, "/nowhere");
    }
    for variable in ["WGPU_BACKEND", "WGPU_ADAPTER_NAME"] {
        command.env_remove(variable);
    }
    let output = command.output().expect("the example");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{stderr}");
    assert!(
        stderr.contains("no GPU adapter was found") && !stderr.contains("vulkan not requested"),
        "{stderr}"
    );
}
