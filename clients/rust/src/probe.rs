use crate::machine::{host_platform, Gpu, Libc, Machine};
use std::process::Command;

/// The programs that tell of NVIDIA's GPUs: on the PATH, and where WSL has it.
const NVIDIA_SMI: [&str; 2] = ["nvidia-smi", "/usr/lib/wsl/lib/nvidia-smi"];

impl Machine {
    /// This machine, as far as a look at it tells: platform, user land, C library, memory, and NVIDIA's GPUs. A fact
    /// that was not found out stays unknown. Set the GPUs of other makers yourself, and `Some(vec![])` if there is
    /// none.
    pub fn of_this_host() -> Self {
        Machine {
            platform: Some(host_platform()),
            libc: libc(),
            userland_bits: Some(if cfg!(target_pointer_width = "32") { 32 } else { 64 }),
            cpu_features: linux_file("/proc/cpuinfo").and_then(|text| cpu_features(&text)),
            memory_bytes: linux_file("/proc/meminfo").and_then(|text| memory_bytes(&text)),
            gpus: NVIDIA_SMI.iter().find_map(|program| nvidia_gpus(program)),
        }
    }
}

fn linux_file(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The C library, by `getconf`, which musl's systems answer for no version of glibc.
fn libc() -> Option<Libc> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let answer = output("getconf", &["GNU_LIBC_VERSION"])?;
    let version = answer.trim().strip_prefix("glibc ")?;
    Some(Libc { name: "glibc".to_owned(), version: Some(version.to_owned()) })
}

/// The features of the first processor: `flags` on x86, `Features` on ARM.
fn cpu_features(cpuinfo: &str) -> Option<Vec<String>> {
    let line = cpuinfo.lines().find(|line| line.starts_with("flags") || line.starts_with("Features"))?;
    let (_, features) = line.split_once(':')?;
    Some(features.split_whitespace().map(str::to_owned).collect())
}

fn memory_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib * 1024)
}

fn nvidia_gpus(program: &str) -> Option<Vec<Gpu>> {
    let fields = "--query-gpu=driver_version,compute_cap,memory.total,name";
    let answer = output(program, &[fields, "--format=csv,noheader,nounits"])?;
    let gpus: Vec<Gpu> = answer.lines().filter_map(nvidia_gpu).collect();
    if gpus.is_empty() {
        None
    } else {
        Some(gpus)
    }
}

/// A GPU from a line such as `535.183.01, 8.6, 24576, NVIDIA RTX A5000`. A field in brackets is not known.
fn nvidia_gpu(line: &str) -> Option<Gpu> {
    let fields: Vec<&str> = line.splitn(4, ',').map(str::trim).collect();
    let (driver, capability, mebibytes, name) = match fields[..] {
        [driver, capability, mebibytes, name] => (driver, capability, mebibytes, name),
        _ => return None,
    };
    let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty() && !text.starts_with('['));
    Some(Gpu {
        vendor: "nvidia".to_owned(),
        name: known(name),
        driver: known(driver),
        architecture: known(capability),
        memory_bytes: mebibytes.parse::<u64>().ok().map(|mebibytes| mebibytes * 1024 * 1024),
        ..Gpu::default()
    })
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_nvidia_smi_is_read_and_an_unknown_field_stays_unknown() {
        let gpu = nvidia_gpu("535.183.01, 8.6, 24576, NVIDIA RTX A5000").unwrap();
        assert_eq!(gpu.driver.as_deref(), Some("535.183.01"));
        assert_eq!(gpu.architecture.as_deref(), Some("8.6"));
        assert_eq!(gpu.memory_bytes, Some(24 << 30));
        let jetson = nvidia_gpu("540.3.0, 8.7, [N/A], Orin (nvgpu)").unwrap();
        assert_eq!((jetson.memory_bytes, jetson.name.as_deref()), (None, Some("Orin (nvgpu)")));
        assert_eq!(nvidia_gpu("No devices were found"), None);
    }

    #[test]
    fn memory_and_features_are_read_from_proc() {
        assert_eq!(memory_bytes("MemTotal:       16384 kB\nMemFree: 1 kB"), Some(16 << 20));
        assert_eq!(cpu_features("processor : 0\nflags\t\t: fpu avx2\n").unwrap(), ["fpu", "avx2"]);
        assert_eq!(cpu_features("processor : 0\n"), None);
    }
}
