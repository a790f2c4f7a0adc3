use crate::machine::{host_platform, Gpu, Libc, Machine};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// A tool of a broken driver may never end.
const LONGEST_RUN: Duration = Duration::from_secs(6);
const PAUSE: Duration = Duration::from_millis(10);
const MOST_OUTPUT: u64 = 1024 * 1024;

/// The loaders of glibc. A system with one may have musl's loader as well.
const GLIBC_LOADERS: [&str; 2] = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];
/// A Jetson's driver has numbers of a series of its own, which tell of no CUDA version.
const JETSON: &str = "/etc/nv_tegra_release";

/// The programs that tell of NVIDIA's GPUs: on the PATH, and where WSL has it.
const NVIDIA_SMI: [&str; 2] = ["nvidia-smi", "/usr/lib/wsl/lib/nvidia-smi"];

impl Machine {
    /// This machine, as far as a look at it tells: platform, user land, C library, memory, and the GPUs of NVIDIA and
    /// Apple. A fact that was not found out stays unknown. Set the GPUs of other makers yourself, and `Some(vec![])` if
    /// there is none. It runs `getconf` and `nvidia-smi`, each for six seconds at most.
    pub fn of_this_host() -> Self {
        Machine {
            platform: Some(host_platform()),
            libc: libc(),
            userland_bits: Some(if cfg!(target_pointer_width = "32") { 32 } else { 64 }),
            cpu_features: linux_file("/proc/cpuinfo").and_then(|text| cpu_features(&text)),
            memory_bytes: linux_file("/proc/meminfo").and_then(|text| memory_bytes(&text)),
            gpus: if cfg!(target_os = "macos") { Some(vec![apple_gpu()]) } else { nvidia() },
        }
    }
}

fn linux_file(path: &str) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The C library, by `getconf`, which musl's systems answer for no version of glibc. musl has its own loader.
fn libc() -> Option<Libc> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let answer = output("getconf", &["GNU_LIBC_VERSION"]).unwrap_or_default();
    if let Some(version) = answer.trim().strip_prefix("glibc ") {
        return Some(Libc { name: "glibc".to_owned(), version: Some(version.to_owned()) });
    }
    if GLIBC_LOADERS.iter().any(|loader| Path::new(loader).exists()) {
        return Some(Libc { name: "glibc".to_owned(), version: None });
    }
    let mut libraries = std::fs::read_dir("/lib").ok()?.flatten();
    let has_musl = libraries.any(|entry| entry.file_name().to_string_lossy().starts_with("ld-musl-"));
    Some(Libc { name: "musl".to_owned(), version: None }).filter(|_| has_musl)
}

fn apple_gpu() -> Gpu {
    Gpu { vendor: "apple".to_owned(), ..Gpu::default() }
}

fn nvidia() -> Option<Vec<Gpu>> {
    let mut gpus = NVIDIA_SMI.iter().find_map(|program| nvidia_gpus(program))?;
    if Path::new(JETSON).exists() {
        gpus.iter_mut().for_each(|gpu| gpu.driver = None);
    }
    Some(gpus)
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

/// The standard output of a program that succeeds in time.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    output_within(LONGEST_RUN, program, arguments)
}

fn output_within(limit: Duration, program: &str, arguments: &[&str]) -> Option<String> {
    let end = Instant::now() + limit;
    let mut command = Command::new(program);
    let mut child =
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let (said, heard) = mpsc::channel();
    let stdout = child.stdout.take()?;
    std::thread::spawn(move || {
        let mut text = String::new();
        let _ = said.send(stdout.take(MOST_OUTPUT).read_to_string(&mut text).map(|_| text));
    });
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => break,
            Ok(None) if Instant::now() < end => std::thread::sleep(PAUSE),
            Ok(Some(_)) => return None,
            _ => {
                give_up(child);
                return None;
            }
        }
    }
    // A process of its own that it left behind may keep the output open.
    heard.recv_timeout(end.saturating_duration_since(Instant::now()) + PAUSE).ok()?.ok()
}

/// Ends a program. Its end is waited for elsewhere, because a process that waits for a driver outlives the signal.
fn give_up(mut child: Child) {
    let _ = child.kill();
    std::thread::spawn(move || child.wait());
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

    #[cfg(unix)]
    #[test]
    fn a_program_that_does_not_end_is_not_waited_for() {
        let limit = Duration::from_millis(200);
        assert_eq!(output_within(limit, "sh", &["-c", "echo a; exec sleep 60"]), None);
        assert_eq!(output_within(limit, "/nowhere/nvidia-smi", &[]), None);
        assert_eq!(output("sh", &["-c", "echo a"]).as_deref(), Some("a\n"));
        assert_eq!(output("sh", &["-c", "echo a; exit 9"]), None);
    }

    #[test]
    fn memory_and_features_are_read_from_proc() {
        assert_eq!(memory_bytes("MemTotal:       16384 kB\nMemFree: 1 kB"), Some(16 << 20));
        assert_eq!(cpu_features("processor : 0\nflags\t\t: fpu avx2\n").unwrap(), ["fpu", "avx2"]);
        assert_eq!(cpu_features("processor : 0\n"), None);
    }
}
