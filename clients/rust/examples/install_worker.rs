//! Installs the build of a worker that fits this machine, as a hive would: `install_worker CATALOG WORKER FOLDER`.
//!
//! The license comes from `RBEE_LICENSE_KEY`, `RBEE_LICENSE_TOKEN` or the file that `RBEE_LICENSE_FILE` names. The seat
//! is kept in `FOLDER/hive-catalog.json`. `install_worker CATALOG --deactivate FOLDER` frees it.

use rbee_catalog_client::{
    current_time, host_platform, machine_fingerprint, Catalog, Error, InstallRequest, License, LicensedMachine,
    Machine, ReleaseKeys, ResolveRequest, State, StateFile, Verifier,
};
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match &arguments[..] {
        [catalog, worker, folder] => run(catalog, worker, Path::new(folder)),
        _ => {
            eprintln!("Usage: install_worker CATALOG WORKER FOLDER");
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

fn run(address: &str, worker: &str, folder: &Path) -> Result<String, Error> {
    let catalog = Catalog::new(address)?;
    let file = StateFile::new(folder.join("hive-catalog.json"));
    let mut state = file.load()?;
    state.clock.witness(current_time());
    let mut machine = LicensedMachine::new(License::from_env()?, machine_fingerprint()?).with_seat(state.seat.take());
    let outcome = if worker == "--deactivate" {
        machine.deactivate(&catalog).map(|()| "The seat is free.".to_owned())
    } else {
        install(&catalog, worker, folder, &mut machine, &mut state)
    };
    // Also after a failure: the machine may have taken a seat before it.
    state.seat = machine.seat().cloned();
    file.save(&state)?;
    outcome
}

fn install(
    catalog: &Catalog,
    worker: &str,
    folder: &Path,
    machine: &mut LicensedMachine,
    state: &mut State,
) -> Result<String, Error> {
    // Pinned at the first contact. A hive that ships with the key needs none of this.
    let pinned = match state.release_keys.take() {
        Some(pinned) => pinned,
        None => catalog.release_keys_text()?,
    };
    let keys = ReleaseKeys::parse(&pinned)?;
    state.release_keys = Some(pinned);

    let token = machine.token(catalog, state.clock.now(current_time()))?;
    if let Some(token) = &token {
        // As a machine without a network would: the token is genuine, in force, and for this machine.
        let key_set = catalog.key_set()?;
        let verifier = Verifier::new(catalog.issuer(), key_set.clone());
        let claims = verifier.verify(token.expose(), Some(&machine_fingerprint()?), state.clock.now(current_time()))?;
        state.clock.witness(claims.iat);
        state.key_set = Some(key_set);
    }
    let question = ResolveRequest {
        worker: Some(worker.to_owned()),
        machine: Machine::of_platform(host_platform()),
        channel: None,
    };
    let resolution = catalog.resolve(&question, token.as_ref())?;
    let choice = match resolution.choice {
        Some(choice) => choice,
        None => return Ok(format!("Nothing fits: {}", resolution.why)),
    };
    let request = InstallRequest::of_choice(choice, folder);
    let installed = catalog.install(&request, &keys, machine, &mut |_, _| {})?;
    Ok(format!("{} {} is at {}", installed.worker_id, installed.version, installed.path.display()))
}
