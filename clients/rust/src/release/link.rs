use crate::address::{checked_link, origin_of};
use crate::catalog::Catalog;
use crate::error::Error;
use crate::release::verify::PublishedFile;
use crate::secret::Secret;
use crate::time::timestamp;
use serde::Deserialize;
use std::fmt;
use url::Url;

/// The link to a file of a release. It lives for some minutes, ends with the license, and is a secret until then.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct DownloadLink {
    /// The worker's id.
    pub worker_id: String,
    /// The exact version.
    pub version: String,
    /// Such as `linux-x86_64`.
    pub platform: String,
    /// The file's name in the release.
    pub filename: String,
    /// The size in bytes.
    pub size: u64,
    /// The SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// The link's end, in Unix seconds.
    #[serde(deserialize_with = "timestamp")]
    pub expires_at: i64,
    /// The address of the bytes. It needs no credential.
    pub download_url: String,
    /// The address of the minisign signature.
    #[serde(default)]
    pub signature_url: Option<String>,
    /// The same file at an address that caches may keep; free workers only.
    #[serde(default)]
    pub public_url: Option<String>,
}

impl DownloadLink {
    /// The facts that the file must have.
    pub fn file(&self) -> PublishedFile {
        PublishedFile {
            worker_id: self.worker_id.clone(),
            version: self.version.clone(),
            filename: self.filename.clone(),
            size: self.size,
            sha256: self.sha256.clone(),
        }
    }

    /// The address to download from: the public one if the catalog itself serves both, because caches have it.
    fn address(&self) -> &str {
        let origin = |text: &str| Url::parse(text).ok().map(|url| origin_of(&url));
        match &self.public_url {
            Some(public) if origin(public).is_some() && origin(public) == origin(&self.download_url) => public,
            _ => &self.download_url,
        }
    }
}

impl fmt::Debug for DownloadLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DownloadLink({} {}, {})", self.worker_id, self.version, self.filename)
    }
}

impl Catalog {
    /// A link to the file of a worker for a platform. `version` is exact or `latest`, `filename` names one of several
    /// builds for the platform ([`Choice`](crate::Choice) has it). `credential`: for a premium worker, a token.
    ///
    /// # Errors
    /// The refusals of licenses, workers and versions, and as every call. [`Error::Integrity`] if the catalog answers
    /// with another file than the one that was asked for.
    pub fn download_link(
        &self,
        worker: &str,
        version: &str,
        platform: &str,
        filename: Option<&str>,
        credential: Option<&Secret>,
    ) -> Result<DownloadLink, Error> {
        let mut query = vec![("platform", platform)];
        query.extend(filename.map(|filename| ("filename", filename)));
        let url = self.address(&["v1", "workers", worker, version, "download"], &query);
        let link: DownloadLink = self.get(&url, credential)?;
        let is_asked_for = (version == "latest" || link.version == version)
            && link.platform == platform
            && filename.map_or(true, |filename| link.filename == filename);
        if is_asked_for && is_sha256(&link.sha256) {
            Ok(link)
        } else {
            Err(Error::Integrity(format!("The catalog answered with another file than {worker} {version}.")))
        }
    }

    /// The address of a link's bytes, which is https, or on this machine for a catalog that is there as well.
    pub(crate) fn file_address(&self, link: &DownloadLink) -> Result<Url, Error> {
        checked_link(link.address(), self.origin())
    }

    /// The text of the minisign signature of a link's file.
    ///
    /// # Errors
    /// [`Error::Integrity`] if the file is not signed, and as every call.
    pub fn signature(&self, link: &DownloadLink) -> Result<String, Error> {
        let unsigned = || Error::Integrity(format!("{} {} is not signed.", link.worker_id, link.version));
        self.get_text(&checked_link(link.signature_url.as_deref().ok_or_else(unsigned)?, self.origin())?)
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
