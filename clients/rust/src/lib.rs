//! A client of the rbee worker catalog, to be linked into a hive.
//!
//! It lists workers, asks which build fits a machine, activates and renews a license, verifies license tokens without
//! a network, and downloads binaries that it checks by SHA-256 and minisign signature. All calls block the thread, so
//! the crate brings no async runtime. In an async program, call it inside of `tokio::task::spawn_blocking` or its like.
//!
//! ```no_run
//! use std::ops::ControlFlow;
//! use rbee_catalog_client::{Catalog, InstallRequest, License, LicensedMachine, ReleaseKeys};
//!
//! # fn main() -> Result<(), rbee_catalog_client::Error> {
//! let catalog = Catalog::new("https://catalog.rbee.dev")?;
//! let license = License::from_env()?.expect("RBEE_LICENSE_KEY is set");
//! let mut machine = LicensedMachine::new(Some(license), "fingerprint of this machine");
//! let keys = ReleaseKeys::parse("RWQ... (a minisign public key that you pin)")?;
//!
//! let request = InstallRequest::new("llm-worker-rbee-premium-cuda", "linux-x86_64", "/var/lib/rbee/workers");
//! let installed = catalog.install(&request, &keys, &mut machine, &mut |_bytes, _of| ControlFlow::Continue(()))?;
//! println!("{} {} is at {}", installed.worker_id, installed.version, installed.path.display());
//! # Ok(())
//! # }
//! ```
//!
//! # Rules that hold everywhere
//!
//! - A catalog is at an https address, or on this machine's loopback.
//! - A credential never follows a redirect to another origin, and nothing follows one to plain http.
//! - No secret is in a `Debug` or `Display` text of this crate. `Serialize` of [`Seat`] is the one exception.
//! - Refusals of the catalog are [`Error::Problem`] with a [`ProblemCode`]. Decide by the code, show the text.
//! - Times are Unix seconds and come from the caller as `now`.

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod activation;
mod address;
mod catalog;
mod clock;
mod encoding;
mod error;
mod exchange;
mod fingerprint;
mod grant;
mod hive;
mod install;
mod license;
mod licensed_machine;
mod machine;
mod probe;
mod problem;
mod release;
mod resolution;
mod seat;
mod secret;
mod state;
mod text;
mod time;
mod token;
pub mod transport;
mod version_range;
mod workers;

pub use activation::{ActivationRequest, LicenseView, MachineView};
pub use catalog::Catalog;
pub use clock::Clock;
pub use error::Error;
pub use exchange::Retries;
pub use fingerprint::{fingerprint_of_machine_id, machine_fingerprint};
pub use grant::{Coverage, Grant};
pub use hive::Hive;
pub use install::{InstallRequest, Installed};
pub use license::License;
pub use licensed_machine::LicensedMachine;
pub use machine::{host_platform, Gpu, Libc, Machine};
pub use problem::{FieldFault, Problem, ProblemCode};
pub use release::download::{download, LinkedFile, Progress};
pub use release::index::{IndexFault, IndexTexts, IndexedFile, IndexedVersion, ReleaseIndex, SeenIndexes};
pub use release::link::DownloadLink;
pub use release::minisign::{ReleaseKeys, Signature};
pub use release::verify::{verify_file, FileDigest, PublishedFile};
pub use resolution::{Choice, Resolution, ResolveRequest, RuledOut};
pub use seat::{Renewal, Seat};
pub use secret::Secret;
pub use state::{State, StateFile};
pub use time::current_time;
pub use token::claims::{machine_hash, Claims, Status, StatusPlace};
pub use token::key_set::KeySet;
pub use token::status_list::{StatusFault, StatusList, TokenStatus};
pub use token::verify::{TokenFault, Verifier, Why};
pub use version_range::VersionRange;
pub use workers::{Worker, WorkerQuery};
