use crate::encoding::random_name;
use crate::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// The path of this run's own part for the file `target`; `sha256` is that of the whole file. No two runs share a part.
/// The names agree with those of `rbee-catalog` and `install.sh`, so each resumes the parts of the others.
///
/// The largest part of the same file that an ended run left becomes this run's. Other parts of ended runs are deleted.
///
/// # Errors
/// [`Error::File`].
pub(crate) fn take_part_file(target: &Path, sha256: &str) -> Result<PathBuf, Error> {
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = target.parent().unwrap_or_else(|| Path::new("."));
    let own = folder.join(format!("{name}-{sha256}.{}.{}.part", std::process::id(), random_name()));
    let fail = |source| Error::File { path: folder.to_owned(), source };
    let mut largest: Option<(u64, PathBuf)> = None;
    for entry in fs::read_dir(folder).map_err(fail)?.flatten() {
        let path = entry.path();
        let sum = match path.file_name().and_then(|file| part_of(&file.to_string_lossy(), &name)) {
            Some((sum, pid)) if !is_running(pid, &path) => sum,
            _ => continue,
        };
        let size = entry.metadata().map_or(0, |metadata| metadata.len());
        let is_largest = sum == sha256 && size > largest.as_ref().map_or(0, |(size, _)| *size);
        let useless = if is_largest { largest.replace((size, path)).map(|(_, path)| path) } else { Some(path) };
        if let Some(path) = useless {
            let _ = fs::remove_file(path);
        }
    }
    if let Some((_, path)) = largest {
        // Copied, because a run in another container may still write to it. On a full disk it is renamed. Another run
        // may have taken it over meanwhile: then the download starts over.
        let taken = fs::copy(&path, &own).and_then(|_| fs::remove_file(&path));
        if taken.is_err() {
            let _ = fs::rename(&path, &own);
        }
    }
    Ok(own)
}

/// The checksum and process number in the name of a part of the file `name`: `NAME-SHA256.PID.RANDOM.part`.
fn part_of(file: &str, name: &str) -> Option<(String, u32)> {
    let rest = file.strip_prefix(name)?.strip_prefix('-')?.strip_suffix(".part")?;
    let mut parts = rest.split('.');
    let (sum, pid, random) = (parts.next()?, parts.next()?, parts.next()?);
    let is_sum = sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_sum && !random.is_empty() && parts.next().is_none() {
        Some((sum.to_owned(), pid.parse().ok()?))
    } else {
        None
    }
}

/// Whether the writer of a part still runs. Another part of this process counts as running: a thread may write it.
fn is_running(pid: u32, path: &Path) -> bool {
    if pid == std::process::id() {
        return is_fresh(path);
    }
    if cfg!(target_os = "linux") {
        Path::new(&format!("/proc/{pid}")).exists()
    } else {
        is_fresh(path)
    }
}

/// Whether a part was written to in the last two minutes, twice as long as a connection may stall.
fn is_fresh(path: &Path) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.ok().and_then(|at| at.elapsed().ok()).map_or(true, |age| age.as_secs() < 120)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn the_largest_part_of_ended_runs_is_taken_over_and_the_others_are_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("worker");
        let write = |name: String, text: &str| fs::write(folder.path().join(name), text).unwrap();
        // Process numbers above the kernel's greatest one.
        write(format!("worker-{SUM}.4194305.a.part"), "abc");
        write(format!("worker-{SUM}.4194306.b.part"), "abcdef");
        write(format!("worker-{}.4194307.c.part", "0".repeat(64)), "another version");
        write(format!("worker-{SUM}.1.d.part"), "of a process that runs");
        write(format!("worker-cuda-{SUM}.4194305.a.part"), "of another worker");
        let part = take_part_file(&target, SUM).unwrap();
        assert_eq!(fs::read_to_string(part).unwrap(), "abcdef");
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
        left.sort();
        assert_eq!(left.len(), 3, "{left:?}");
    }
}
