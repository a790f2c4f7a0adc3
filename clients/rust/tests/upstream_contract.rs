//! Decodes an answer of `/workers` by the types of the clients in use. `RBEE_WORKERS` names a file with the answer.
//!
//! The types are our own declarations, drawn from rbee-keeper/rbee at 0509312f:
//! `bin/97_contracts/artifacts-contract/src/worker.rs` and `worker_catalog.rs` for [`Entry`], and `WorkerMetadata` in
//! `bin/20_rbee_hive/src/worker_install.rs` for [`Metadata`]. A list is decoded as a whole there, so one bad entry
//! fails all of it.

use serde::Deserialize;

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum WorkerType {
    Cpu,
    Cuda,
    Metal,
    Rocm,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Platform {
    Linux,
    Macos,
    Windows,
}

#[derive(Debug, Deserialize)]
enum Architecture {
    #[serde(rename = "x86_64")]
    X86,
    #[serde(rename = "aarch64")]
    Arm,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Implementation {
    Rust,
    Python,
    Cpp,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum BuildSystem {
    Cargo,
    Make,
    Cmake,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Source {
    #[serde(rename = "type")]
    kind: String,
    url: String,
    branch: Option<String>,
    tag: Option<String>,
    path: Option<String>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Build {
    features: Option<Vec<String>>,
    profile: Option<String>,
    flags: Option<Vec<String>>,
}

/// The keeper's entry.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)]
struct Entry {
    id: String,
    implementation: Implementation,
    worker_type: WorkerType,
    version: String,
    platforms: Vec<Platform>,
    architectures: Vec<Architecture>,
    name: String,
    description: String,
    license: String,
    pkgbuild_url: String,
    build_system: BuildSystem,
    source: Source,
    build: Build,
    depends: Vec<String>,
    makedepends: Vec<String>,
    binary_name: String,
    install_path: String,
    supported_formats: Vec<String>,
    max_context_length: Option<u32>,
    supports_streaming: bool,
    supports_batching: bool,
}

/// The entry of the hive's installer.
#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Metadata {
    id: String,
    name: String,
    version: String,
    platforms: Vec<String>,
    architectures: Vec<String>,
    #[serde(default)]
    depends: Vec<String>,
}

#[derive(Deserialize)]
struct List<T> {
    workers: Vec<T>,
}

fn answer() -> String {
    std::fs::read_to_string(std::env::var("RBEE_WORKERS").expect("RBEE_WORKERS names a file")).unwrap()
}

#[test]
#[ignore = "needs RBEE_WORKERS, a file with an answer of /workers"]
fn the_keeper_decodes_every_worker() {
    let list: List<Entry> = serde_json::from_str(&answer()).unwrap();
    let has = |wanted: WorkerType| list.workers.iter().any(|worker| worker.worker_type == wanted);
    assert!(has(WorkerType::Cpu) && has(WorkerType::Cuda) && has(WorkerType::Metal) && has(WorkerType::Rocm));
}

#[test]
#[ignore = "needs RBEE_WORKERS, a file with an answer of /workers"]
fn the_hive_decodes_every_worker_and_can_register_it() {
    let list: List<Metadata> = serde_json::from_str(&answer()).unwrap();
    assert!(!list.workers.is_empty());
    for worker in list.workers {
        // The hive finds the backend in the id.
        let backends = ["cpu", "cuda", "metal", "rocm"];
        assert!(backends.iter().any(|backend| worker.id.contains(backend)), "{}", worker.id);
    }
}
