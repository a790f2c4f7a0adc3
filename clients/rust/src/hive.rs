use crate::catalog::Catalog;
use crate::error::Error;
use crate::fingerprint::machine_fingerprint;
use crate::install::{InstallRequest, Installed};
use crate::license::License;
use crate::licensed_machine::LicensedMachine;
use crate::machine::{host_platform, Machine};
use crate::problem::ProblemCode;
use crate::release::download::Progress;
use crate::release::minisign::ReleaseKeys;
use crate::resolution::{Resolution, ResolveRequest};
use crate::seat::Renewal;
use crate::state::{State, StateFile};
use crate::time::current_time;
use std::path::Path;

mod checks;
mod memory;

/// A hive at its catalog, with everything that it keeps between runs: its seat, the pinned release keys, the keys that
/// verify tokens, and the latest time that it has seen. The other types of this crate are its parts.
#[derive(Debug)]
pub struct Hive {
    catalog: Catalog,
    file: StateFile,
    state: State,
    machine: LicensedMachine,
}

impl Hive {
    /// The hive of this machine, with the license of the environment ([`License::from_env`]), if there is one.
    ///
    /// # Errors
    /// [`Error::NoLicense`], [`Error::NoFingerprint`] and [`Error::File`].
    pub fn open(catalog: Catalog, file: StateFile) -> Result<Self, Error> {
        Hive::with_license(catalog, file, License::from_env()?, machine_fingerprint()?)
    }

    /// The hive of a machine, by its fingerprint and license.
    ///
    /// # Errors
    /// [`Error::File`] if the state cannot be read.
    pub fn with_license(
        catalog: Catalog,
        file: StateFile,
        license: Option<License>,
        fingerprint: impl Into<String>,
    ) -> Result<Self, Error> {
        let state = file.load()?.of_catalog(catalog.issuer());
        let machine = LicensedMachine::new(license, fingerprint).with_seat(state.seat.clone());
        Ok(Hive { catalog, file, state, machine })
    }

    /// The catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Installs the build of a worker that fits `host`, into `folder`. `worker` is an id, a variant or a family. Only a
    /// worker that needs the license takes a seat. The release keys are pinned at the first contact.
    ///
    /// # Errors
    /// [`Error::NothingFits`] with the reasons, and as [`Catalog::install`].
    pub fn install(
        &mut self,
        worker: &str,
        host: Machine,
        folder: &Path,
        progress: &mut Progress<'_>,
    ) -> Result<Installed, Error> {
        self.refresh()?;
        let installed = self.install_fitting(worker, host, folder, progress);
        // Also after a failure, because the machine may have taken a seat before it.
        let saved = self.save();
        installed.and_then(|installed| saved.map(|()| installed))
    }

    /// Renews the token if its time has come. Call it every few minutes, or at
    /// [`Seat::renew_at`](crate::Seat::renew_at).
    ///
    /// # Errors
    /// As [`Catalog::renew_if_due`].
    pub fn renew_if_due(&mut self) -> Result<Renewal, Error> {
        self.refresh()?;
        let renewed = self.machine.renew_if_due(&self.catalog, self.state.clock.now(current_time()));
        self.save()?;
        renewed
    }

    /// Takes a seat for this machine by the license key. [`Hive::install`] does so at the first need, but not again for
    /// a machine that its owner removed: call this when a person wants it back. False without a key.
    ///
    /// # Errors
    /// As [`Catalog::activate`].
    pub fn activate(&mut self) -> Result<bool, Error> {
        self.refresh()?;
        let token = self.machine.activate(&self.catalog)?;
        self.save()?;
        Ok(token.is_some())
    }

    /// Frees the seat of this machine.
    ///
    /// # Errors
    /// As [`Catalog::deactivate`].
    pub fn deactivate(&mut self) -> Result<(), Error> {
        self.refresh()?;
        self.machine.deactivate(&self.catalog)?;
        self.save()
    }

    fn install_fitting(
        &mut self,
        worker: &str,
        host: Machine,
        folder: &Path,
        progress: &mut Progress<'_>,
    ) -> Result<Installed, Error> {
        let keys = self.release_keys()?;
        let question = ResolveRequest { worker: Some(worker.to_owned()), machine: host, channel: None };
        // A license that is not in force, or a catalog that cannot renew it now, keeps nobody from the free workers.
        let open = match self.catalog.resolve(&question, None) {
            // A catalog from before this operation: the worker is its own id, and the platform all that counts.
            Err(error) if error.code() == Some(&ProblemCode::NotFound) => {
                let request = InstallRequest::new(worker, host_platform(), folder);
                return self.catalog.install(&request, &keys, &mut self.machine, progress);
            }
            answer => answer?,
        };
        let resolution = if open.needs_license() { self.resolve_by_license(&question, worker)? } else { open };
        let Resolution { choice, why, ruled_out, untried } = resolution;
        let choice = choice.ok_or(Error::NothingFits { why, ruled_out })?;
        let request = InstallRequest::of_choice(choice, folder);
        let installed = self.catalog.install(&request, &keys, &mut self.machine, progress)?;
        Ok(Installed { untried, ..installed })
    }

    fn resolve_by_license(&mut self, question: &ResolveRequest, worker: &str) -> Result<Resolution, Error> {
        let missing = || Error::LicenseMissing { worker_id: worker.to_owned() };
        let now = self.state.clock.now(current_time());
        let token = self.machine.token(&self.catalog, now)?.ok_or_else(missing)?;
        self.catalog.resolve(question, Some(&token)).or_else(|error| {
            let other = self.machine.replaced(&self.catalog, &error)?.ok_or(error)?;
            self.catalog.resolve(question, Some(&other))
        })
    }

    fn release_keys(&mut self) -> Result<ReleaseKeys, Error> {
        let pinned = match &self.state.release_keys {
            Some(pinned) => pinned.clone(),
            None => self.catalog.release_keys_text()?,
        };
        let keys = ReleaseKeys::parse(&pinned)?;
        self.state.release_keys = Some(pinned);
        Ok(keys)
    }
}

#[cfg(test)]
mod tests;
