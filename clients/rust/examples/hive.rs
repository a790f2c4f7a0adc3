//! A hive in small: `hive CATALOG install WORKER FOLDER`, and instead of `install` also `check WORKER VERSION`,
//! `versions WORKER-ID`, `status` and `deactivate`.
//!
//! The license comes from `RBEE_LICENSE_KEY`, `RBEE_LICENSE_TOKEN` or the file that `RBEE_LICENSE_FILE` names. The seat
//! is kept in `~/.config/rbee/hive-catalog.json`.

use rbee_catalog_client::{Catalog, Coverage, Error, Hive, Machine, StateFile};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        [catalog, "install", worker, folder] => install(catalog, worker, folder),
        [catalog, "check", worker, version] => check(catalog, worker, version),
        [catalog, "versions", worker_id] => versions(catalog, worker_id),
        [catalog, "status"] => status(catalog),
        [catalog, "deactivate"] => deactivate(catalog),
        _ => {
            eprintln!(
                "Usage: hive CATALOG install WORKER FOLDER | check WORKER VERSION | versions WORKER-ID | status | deactivate"
            );
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn open(catalog: &str) -> Result<Hive, Error> {
    Hive::open(Catalog::new(catalog)?, StateFile::of_this_user()?)
}

/// Installs the build that fits this machine.
fn install(catalog: &str, worker: &str, folder: &str) -> Result<String, Error> {
    let mut go_on = |_present: u64, _of: u64| ControlFlow::Continue(());
    let installed = open(catalog)?.install(worker, Machine::of_this_host(), Path::new(folder), &mut go_on)?;
    if !installed.untried.is_empty() {
        eprintln!("It may not start. Not known of this machine: {}", installed.untried.join("; "));
    }
    Ok(format!("{} {} is at {}", installed.worker_id, installed.version, installed.path.display()))
}

/// Tells whether the license covers a worker, without a network.
fn check(catalog: &str, worker: &str, version: &str) -> Result<String, Error> {
    let (coverage, claims) = open(catalog)?.covers_offline(worker, version)?;
    let verdict = match coverage {
        Coverage::Covered => "is covered",
        Coverage::NotEntitled => "is not in the license",
        Coverage::VersionNotCovered => "is of a version that the license does not cover",
    };
    Ok(format!("{worker} {version} {verdict} (plan {}, until {})", claims.plan, claims.exp))
}

/// Lists the versions of a worker by its signed index, which a mirror could serve as well.
fn versions(catalog: &str, worker_id: &str) -> Result<String, Error> {
    let index = open(catalog)?.release_index(worker_id)?;
    let lines: Vec<String> = index.versions.iter().map(|one| format!("{} {}", one.version, one.status)).collect();
    Ok(lines.join("\n"))
}

/// Tells the status of this machine's token in the catalog's status list.
fn status(catalog: &str) -> Result<String, Error> {
    let status = open(catalog)?.token_status()?;
    Ok(status.map_or_else(|| "There is no token.".to_owned(), |status| format!("{status:?}")))
}

fn deactivate(catalog: &str) -> Result<String, Error> {
    open(catalog)?.deactivate()?;
    Ok("The seat is free.".to_owned())
}
