use crate::encoding::encode_hex;
use crate::error::Error;
use crate::release::minisign::{ReleaseKeys, Signature};
use crate::release::signed_names::check_signed_names;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The facts that a published file must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedFile {
    /// The worker's id.
    pub worker_id: String,
    /// The exact version.
    pub version: String,
    /// The file's name in the release.
    pub filename: String,
    /// The size in bytes.
    pub size: u64,
    /// The SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// The size and hashes of bytes. It may be computed while they arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDigest {
    /// The size in bytes.
    pub size: u64,
    /// The SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// BLAKE2b-512, the message of a minisign signature.
    pub blake2b: Vec<u8>,
}

impl FileDigest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut running = RunningDigest::new();
        running.update(bytes);
        running.finish()
    }

    /// The digest of a file.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn of_file(path: &Path) -> Result<Self, Error> {
        let mut running = RunningDigest::new();
        running.update_from(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
        Ok(running.finish())
    }
}

/// Checks that bytes are the published file: size, SHA-256, and a minisign signature by one of `keys` that names no
/// other file, worker or version.
///
/// # Errors
/// [`Error::Integrity`] with the fault. Delete the bytes then.
pub fn verify_file(
    digest: &FileDigest,
    file: &PublishedFile,
    signature: &str,
    keys: &ReleaseKeys,
) -> Result<(), Error> {
    let refuse = |reason: String| {
        Error::Integrity(format!("{} {} is not the published file: {reason}", file.worker_id, file.version))
    };
    if digest.size != file.size {
        return Err(refuse(format!("it has {} bytes, not {}.", digest.size, file.size)));
    }
    if digest.sha256 != file.sha256 {
        return Err(refuse(format!("its SHA-256 is {}, not {}.", digest.sha256, file.sha256)));
    }
    let signature = Signature::parse(signature)?;
    let comment = keys.verify(&signature, &digest.blake2b)?;
    check_signed_names(comment, file).map_err(refuse)
}

/// Hashes bytes while they arrive.
pub(crate) struct RunningDigest {
    size: u64,
    sha256: ring::digest::Context,
    blake2b: blake2b_simd::State,
}

impl RunningDigest {
    pub(crate) fn new() -> Self {
        RunningDigest {
            size: 0,
            sha256: ring::digest::Context::new(&ring::digest::SHA256),
            blake2b: blake2b_simd::State::new(),
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.sha256.update(bytes);
        self.blake2b.update(bytes);
    }

    pub(crate) fn update_from(&mut self, path: &Path) -> io::Result<()> {
        let mut file = File::open(path)?;
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(()),
                length => self.update(&buffer[..length]),
            }
        }
    }

    pub(crate) fn finish(self) -> FileDigest {
        FileDigest {
            size: self.size,
            sha256: encode_hex(self.sha256.finish().as_ref()),
            blake2b: self.blake2b.finalize().as_bytes().to_vec(),
        }
    }
}
