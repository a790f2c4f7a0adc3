use crate::catalog::Catalog;
use crate::error::Error;
use crate::licensed_machine::LicensedMachine;
use crate::problem::ProblemCode;
use crate::release::download::{download, LinkedFile, Progress};
use crate::release::link::DownloadLink;
use crate::release::minisign::ReleaseKeys;
use crate::release::part_file::take_part_file;
use crate::release::verify::{verify_file, FileDigest, PublishedFile};
use crate::resolution::Choice;
use crate::time::current_time;
use std::fs;
use std::path::{Path, PathBuf};

/// The worker to install, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallRequest {
    /// The worker's id or variant.
    pub worker: String,
    /// An exact version, or `latest`: the newest stable one that the license covers.
    pub version: String,
    /// Such as `linux-x86_64`.
    pub platform: String,
    /// The file among several builds of the platform; `None`: the catalog's first.
    pub filename: Option<String>,
    /// The folder of installed workers. The file gets the worker's id as its name.
    pub folder: PathBuf,
}

/// A worker that has been installed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Installed {
    /// The worker's id.
    pub worker_id: String,
    /// The exact version.
    pub version: String,
    /// The executable file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// The facts that the build needs and the machine did not state ([`Resolution::untried`](crate::Resolution)). Not
    /// empty: it may not run here, so say so.
    pub untried: Vec<String>,
}

impl InstallRequest {
    /// The latest version of a worker for a platform.
    pub fn new(worker: impl Into<String>, platform: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        let version = "latest".to_owned();
        InstallRequest {
            worker: worker.into(),
            version,
            platform: platform.into(),
            filename: None,
            folder: folder.into(),
        }
    }

    /// The build that [`Catalog::resolve`] has chosen.
    pub fn of_choice(choice: Choice, folder: impl Into<PathBuf>) -> Self {
        InstallRequest {
            worker: choice.worker_id,
            version: choice.version,
            platform: choice.platform,
            filename: Some(choice.filename),
            folder: folder.into(),
        }
    }
}

impl Catalog {
    /// Downloads a worker, verifies its size, SHA-256 and signature, and puts it in place by an atomic rename. No
    /// partly installed worker is ever there, and a file that fails its check is deleted. Resumes earlier downloads.
    ///
    /// The license is sent only if the catalog asks for one. `progress` gets the bytes that are there, and the size,
    /// and may cancel. Afterwards, store [`LicensedMachine::seat`].
    ///
    /// # Errors
    /// [`Error::LicenseMissing`], the refusals of licenses and releases, [`Error::Integrity`], [`Error::Canceled`],
    /// [`Error::File`], and as every call.
    pub fn install(
        &self,
        request: &InstallRequest,
        keys: &ReleaseKeys,
        machine: &mut LicensedMachine,
        progress: &mut Progress<'_>,
    ) -> Result<Installed, Error> {
        fs::create_dir_all(&request.folder).map_err(|source| of_path(&request.folder, source))?;
        let mut asks = Asks { catalog: self, request, machine, is_premium: false };
        let first = asks.link(&request.version)?;
        // A newer version that is published meanwhile changes nothing: this one is finished.
        let version = first.version.clone();
        let file = first.file();
        let target = request.folder.join(plain_name(&file.worker_id)?);
        let present = FileDigest::of_file(&target).ok().filter(|present| present.sha256 == file.sha256);
        if let Some(present) = present {
            verify_file(&present, &file, &self.signature(&first)?, keys)?;
            return Ok(installed(file, target));
        }

        let part = take_part_file(&target, &file.sha256)?;
        let mut next = Some(first);
        let digest = download(
            self,
            &part,
            &mut || {
                let link = next.take().map_or_else(|| asks.link(&version), Ok)?;
                Ok(LinkedFile { url: self.file_address(&link)?, size: link.size, sha256: link.sha256 })
            },
            progress,
        )?;
        let verified = asks
            .link(&version)
            .and_then(|link| self.signature(&link))
            .and_then(|signature| verify_file(&digest, &file, &signature, keys));
        if let Err(error) = verified {
            if matches!(error, Error::Integrity(_)) {
                let _ = fs::remove_file(&part);
            }
            return Err(error);
        }
        make_executable(&part).and_then(|()| fs::rename(&part, &target)).map_err(|source| of_path(&target, source))?;
        Ok(installed(file, target))
    }
}

/// Asks for links to one file. It sends the license once the catalog has asked for it.
struct Asks<'a> {
    catalog: &'a Catalog,
    request: &'a InstallRequest,
    machine: &'a mut LicensedMachine,
    is_premium: bool,
}

impl Asks<'_> {
    fn link(&mut self, version: &str) -> Result<DownloadLink, Error> {
        let InstallRequest { worker, platform, filename, .. } = self.request;
        let ask = |token: Option<&crate::Secret>| {
            self.catalog.download_link(worker, version, platform, filename.as_deref(), token)
        };
        if !self.is_premium {
            match ask(None) {
                Err(error) if error.code() == Some(&ProblemCode::CredentialRequired) => self.is_premium = true,
                answer => return answer,
            }
        }
        let token = self.machine.token(self.catalog, current_time())?;
        let token = token.ok_or_else(|| Error::LicenseMissing { worker_id: worker.clone() })?;
        match ask(Some(&token)) {
            Err(error) => match self.machine.replaced(self.catalog, &error)? {
                Some(token) => ask(Some(&token)),
                None => Err(error),
            },
            answer => answer,
        }
    }
}

/// Checks that an id from the catalog is a plain file name, so that it cannot leave the folder.
fn plain_name(id: &str) -> Result<&str, Error> {
    let is_plain = id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-'));
    if is_plain {
        Ok(id)
    } else {
        Err(Error::Integrity(format!("\"{id}\" is not the id of a worker.")))
    }
}

fn installed(file: PublishedFile, path: PathBuf) -> Installed {
    let PublishedFile { worker_id, version, size, sha256, .. } = file;
    Installed { worker_id, version, path, size, sha256, untried: Vec::new() }
}

fn make_executable(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn of_path(path: &Path, source: std::io::Error) -> Error {
    Error::File { path: path.to_owned(), source }
}
