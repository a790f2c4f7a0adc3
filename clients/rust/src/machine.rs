use serde::Serialize;

/// A machine, as [`Catalog::resolve`](crate::Catalog::resolve) takes it. Set only what has been looked at: an unknown
/// fact is left out, and the answer says so where it matters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Such as `linux-x86_64` ([`host_platform`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The C library of a Linux system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub libc: Option<Libc>,
    /// 32 for a 32-bit user land, also on a 64-bit kernel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userland_bits: Option<u8>,
    /// Such as `avx2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_features: Option<Vec<String>>,
    /// The memory in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// The GPUs; an empty list means that there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpus: Option<Vec<Gpu>>,
}

/// The C library of a Linux system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Libc {
    /// `glibc` or `musl`.
    pub name: String,
    /// Such as `2.36`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A GPU.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Gpu {
    /// `nvidia`, `amd`, `apple` or `intel`.
    pub vendor: String,
    /// The name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The version of the driver, such as `535.183.01`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// The newest CUDA version that the driver runs, such as `12.2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cuda: Option<String>,
    /// The version of ROCm, such as `6.1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rocm: Option<String>,
    /// Such as `sm_86` or `gfx1100`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// The GPU's memory in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
}

impl Machine {
    /// A machine of which only the platform is known, such as `linux-x86_64`.
    pub fn of_platform(platform: impl Into<String>) -> Self {
        Machine { platform: Some(platform.into()), ..Machine::default() }
    }
}

/// The platform of this program as releases name it: `linux-x86_64`, `macos-aarch64`. The catalog may have nothing for
/// it, and then says so.
pub fn host_platform() -> String {
    format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
}
