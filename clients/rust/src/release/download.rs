use crate::address::origin_of;
use crate::catalog::Catalog;
use crate::error::Error;
use crate::exchange::{exchange, Ask};
use crate::problem::ProblemCode;
use crate::release::verify::{FileDigest, RunningDigest};
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;
use url::Url;

/// Attempts in a row without a new byte.
const FRUITLESS_ATTEMPTS: u32 = 5;

/// Is told of the bytes that are there, and of the file's size. `ControlFlow::Break` cancels the download.
pub type Progress<'a> = dyn FnMut(u64, u64) -> ControlFlow<()> + 'a;

/// The address of a file, and the size and SHA-256 that it must have. The address is a secret while it lives.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkedFile {
    /// The address of the bytes. It needs no credential.
    pub url: Url,
    /// The size in bytes.
    pub size: u64,
    /// The SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

impl fmt::Debug for LinkedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkedFile({}, {} bytes, {})", origin_of(&self.url), self.size, self.sha256)
    }
}

/// Downloads a file to `part`, and goes on with the bytes that are there from an earlier attempt. It resumes after
/// broken connections, and asks `link` again when a link has ended. `progress` gets the bytes that are there, and the
/// size; it may cancel the download.
///
/// Returns the digest of the whole file, for [`verify_file`](crate::verify_file). Nothing has been verified yet.
///
/// # Errors
/// The refusal of the catalog or of `link`; the last failure after five attempts in a row without a new byte;
/// [`Error::Canceled`]; and [`Error::File`]. The bytes stay, so that a later call goes on.
pub fn download(
    catalog: &Catalog,
    part: &Path,
    link: &mut dyn FnMut() -> Result<LinkedFile, Error>,
    progress: &mut Progress<'_>,
) -> Result<FileDigest, Error> {
    let mut file = link()?;
    let mut running = RunningDigest::new();
    let mut fruitless = 0;
    let mut most = 0;
    loop {
        let present = size_of(part, file.size)?;
        go_on(progress(present, file.size))?;
        if running.size() != present {
            running = RunningDigest::new();
            if present > 0 {
                running.update_from(part).map_err(|source| of_file(part, source))?;
            }
        }
        if present == file.size {
            return Ok(running.finish());
        }
        most = most.max(present);
        let failure = match fetch_rest(catalog, &file, part, &mut running, progress) {
            Ok(()) => continue,
            Err(failure) => failure,
        };
        // Compared with the most ever: behind a proxy that strips the range, every attempt has the first bytes again.
        fruitless = if size_of(part, file.size)? > most { 0 } else { fruitless + 1 };
        let has_ended = has_link_ended(&failure);
        if fruitless >= FRUITLESS_ATTEMPTS || !(has_ended || failure.is_temporary()) {
            return Err(failure);
        }
        if !has_ended {
            let longest = catalog.retries().longest_wait;
            let wait = match failure.retry_after().map(Duration::from_secs) {
                Some(wait) if wait > longest => return Err(failure),
                Some(wait) => wait,
                None => Duration::from_millis(500 << fruitless).min(longest),
            };
            std::thread::sleep(wait);
        }
        file = link()?;
    }
}

/// Whether a new link may help. R2 answers 403 without a code of the catalog to its own links after their minute.
fn has_link_ended(failure: &Error) -> bool {
    let is_by_r2 = matches!(failure, Error::NotTheCatalog { status: 403, .. });
    is_by_r2 || matches!(failure.code(), Some(ProblemCode::LinkExpired | ProblemCode::LinkInvalid))
}

/// The bytes that are there. A part that is larger than the file is not a part of it, and is emptied.
fn size_of(part: &Path, most: u64) -> Result<u64, Error> {
    let size = std::fs::metadata(part).map_or(0, |metadata| metadata.len());
    if size <= most {
        return Ok(size);
    }
    File::create(part).map(|_| 0).map_err(|source| of_file(part, source))
}

/// Requests the bytes after the part and appends them.
fn fetch_rest(
    catalog: &Catalog,
    file: &LinkedFile,
    part: &Path,
    running: &mut RunningDigest,
    progress: &mut Progress<'_>,
) -> Result<(), Error> {
    let start = running.size();
    // Without If-Range: R2's ETag is not the sum, so a link to R2 would send all bytes again. The sum decides.
    let headers = [("Range", format!("bytes={start}-"))];
    let headers = if start > 0 { &headers[..] } else { &[] };
    let response = exchange(catalog.transport(), &file.url, Ask { headers, timeout: None, ..Ask::default() })?;
    let resumes = response.status == 206;
    if resumes {
        let range = response.header("content-range").unwrap_or_default();
        if start == 0 || !range.starts_with(&format!("bytes {start}-")) {
            return Err(Error::Integrity(
                "The server sent another part of the file than the requested one.".to_owned(),
            ));
        }
    } else {
        // A proxy has removed the Range: all bytes come again.
        *running = RunningDigest::new();
    }
    let mut target = open(part, resumes).map_err(|source| of_file(part, source))?;
    let mut body = response.body;
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let length = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::Unreachable { origin: origin_of(&file.url), reason: error.to_string() }),
        };
        target.write_all(&buffer[..length]).map_err(|source| of_file(part, source))?;
        running.update(&buffer[..length]);
        go_on(progress(running.size(), file.size))?;
        if running.size() > file.size {
            return Err(Error::Integrity("The server sent more than the file's size.".to_owned()));
        }
    }
    target.sync_all().map_err(|source| of_file(part, source))?;
    if running.size() == file.size {
        Ok(())
    } else {
        Err(Error::Unreachable { origin: origin_of(&file.url), reason: "the answer broke off".to_owned() })
    }
}

fn go_on(flow: ControlFlow<()>) -> Result<(), Error> {
    if flow.is_break() {
        Err(Error::Canceled)
    } else {
        Ok(())
    }
}

/// Opens a part for its owner alone: it may be a premium binary.
fn open(part: &Path, append: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).write(true).append(append).truncate(!append);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(part)
}

fn of_file(part: &Path, source: io::Error) -> Error {
    Error::File { path: part.to_owned(), source }
}

#[cfg(test)]
mod tests;
