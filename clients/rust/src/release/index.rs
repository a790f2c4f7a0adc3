use crate::catalog::Catalog;
use crate::error::Error;
use crate::release::minisign::{ReleaseKeys, Signature};
use crate::release::verify::{FileDigest, PublishedFile};
use crate::time::timestamp;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The purpose in the signature of the index key, so that no other signature of a release key passes for it.
const PURPOSE: &str = "worker-index";

/// A worker's signed list of all its versions, with every file's sum and signature. It may come from a mirror that
/// nobody trusts. Members that a newer catalog adds are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ReleaseIndex {
    /// The worker's id.
    pub worker_id: String,
    /// Grows with every change.
    pub serial: u64,
    /// Its end, in Unix seconds.
    #[serde(deserialize_with = "timestamp")]
    pub expires_at: i64,
    /// The newest stable version that is offered.
    pub latest: Option<String>,
    /// Every version that was ever published.
    pub versions: Vec<IndexedVersion>,
}

/// A version in an index.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct IndexedVersion {
    /// The exact version.
    pub version: String,
    /// `stable`, `rc`, `beta` or `alpha`.
    pub channel: String,
    /// `published`, `yanked` or `blocked`.
    pub status: String,
    /// In Unix seconds.
    #[serde(deserialize_with = "timestamp")]
    pub published_at: i64,
    /// Its files.
    pub artifacts: Vec<IndexedFile>,
}

/// A file in an index.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct IndexedFile {
    /// Such as `linux-x86_64`.
    pub platform: String,
    /// `binary`, or the kind of a package.
    pub kind: String,
    /// The name in the release.
    pub filename: String,
    /// The size in bytes.
    pub size: u64,
    /// The SHA-256 in lower-case hexadecimal.
    pub sha256: String,
    /// The text of its minisign signature, for [`verify_file`](crate::verify_file).
    pub signature: Option<String>,
}

/// The newest indexes of a catalog that a machine has seen. Store it: older ones are then refused as a rollback.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenIndexes {
    /// When the index key was vouched for, in Unix seconds.
    pub delegated_at: i64,
    /// By worker: the highest serial.
    pub serials: BTreeMap<String, u64>,
}

impl SeenIndexes {
    /// Takes what others have seen, as far as it is newer.
    pub(crate) fn take_newer(&mut self, others: SeenIndexes) {
        match others.delegated_at.cmp(&self.delegated_at) {
            Ordering::Less => {}
            Ordering::Greater => *self = others,
            Ordering::Equal => {
                for (worker, serial) in others.serials {
                    let own = self.serials.entry(worker).or_default();
                    *own = serial.max(*own);
                }
            }
        }
    }
}

/// The texts of an index and of the key that signs it, each with its `.minisig`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexTexts {
    /// `/v1/workers/{id}/index.json`.
    pub index: String,
    /// The same path and `.minisig`.
    pub index_signature: String,
    /// `/keys/index-signing.pub`.
    pub key: String,
    /// The same path and `.minisig`, by a release key.
    pub key_signature: String,
}

/// The reason why an index is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFault {
    /// A sentence for a person.
    pub reason: String,
    /// Whether a second look after a minute may help, because a server may be settling after a release.
    pub may_settle: bool,
}

impl IndexTexts {
    /// The index of a worker, if a release key vouches for the key that signed it, it is in force at `now` (Unix
    /// seconds) and not older than those in `seen`, which then has it. A hostile server can therefore only withhold
    /// newer indexes, until this one expires.
    ///
    /// # Errors
    /// The first fault. `seen` is unchanged then.
    pub fn verify(
        &self,
        worker_id: &str,
        keys: &ReleaseKeys,
        seen: &mut SeenIndexes,
        now: i64,
    ) -> Result<ReleaseIndex, IndexFault> {
        let (key, delegated_at) = self.delegation(keys)?;
        if delegated_at < seen.delegated_at {
            return Err(refuse("the key that signed it has been replaced by a newer one."));
        }
        // A thief of the former key may have signed a huge serial (TUF: fast-forward attack).
        let mut serials = if delegated_at == seen.delegated_at { seen.serials.clone() } else { BTreeMap::new() };
        let index = self.signed_index(&key)?;
        if index.worker_id != worker_id {
            return Err(refuse(format!("it is the index of {}.", index.worker_id)));
        }
        if index.expires_at <= now {
            return Err(refuse("it has expired: the server withholds newer ones, or this machine's clock is wrong."));
        }
        if index.serial < serials.get(worker_id).copied().unwrap_or(0) {
            let reason = "it is older than one that this machine has seen.".to_owned();
            return Err(IndexFault { reason, may_settle: true });
        }
        serials.insert(worker_id.to_owned(), index.serial);
        *seen = SeenIndexes { delegated_at, serials };
        Ok(index)
    }

    /// The index key, and when a release key vouched for it.
    fn delegation(&self, keys: &ReleaseKeys) -> Result<(ReleaseKeys, i64), IndexFault> {
        let unproved = |reason: &str| refuse(format!("nobody vouches for the key that signed it: {reason}"));
        let signature = Signature::parse(&self.key_signature).map_err(|error| unproved(&error.to_string()))?;
        let digest = FileDigest::of(self.key.as_bytes()).blake2b;
        let comment = keys.verify(&signature, &digest).map_err(|error| unproved(&error.to_string()))?;
        let delegated_at = field(comment, "timestamp").filter(|text| text.len() <= 12).and_then(digits);
        let key = ReleaseKeys::parse(&self.key).ok().filter(|key| key.len() == 1);
        match (field(comment, "purpose"), delegated_at, key) {
            (Some(PURPOSE), Some(at), Some(key)) => Ok((key, at)),
            _ => Err(unproved("a release key has signed it for something else.")),
        }
    }

    /// The index, whose signature has been verified.
    fn signed_index(&self, key: &ReleaseKeys) -> Result<ReleaseIndex, IndexFault> {
        let signature = Signature::parse(&self.index_signature).map_err(|error| refuse(error.to_string()))?;
        let verified = key.verify(&signature, &FileDigest::of(self.index.as_bytes()).blake2b);
        let read: Option<ReleaseIndex> = serde_json::from_str(&self.index).ok();
        match (verified, read) {
            (Ok(_), Some(index)) => Ok(index),
            (Ok(_), None) => Err(refuse("it is signed, but this version of the program cannot read it.")),
            (Err(error), read) => {
                let may_settle = read.map_or(false, |index| is_of_another(&index, &signature, key));
                Err(IndexFault { reason: error.to_string(), may_settle })
            }
        }
    }
}

impl ReleaseIndex {
    /// The facts of a file, to verify it by.
    pub fn published_file(&self, version: &IndexedVersion, file: &IndexedFile) -> PublishedFile {
        PublishedFile {
            worker_id: self.worker_id.clone(),
            version: version.version.clone(),
            filename: file.filename.clone(),
            size: file.size,
            sha256: file.sha256.clone(),
        }
    }
}

impl Catalog {
    /// The texts of a worker's signed index. The catalog may be a mirror: [`IndexTexts::verify`] trusts it with
    /// nothing.
    ///
    /// # Errors
    /// As every call.
    pub fn index_texts(&self, worker_id: &str) -> Result<IndexTexts, Error> {
        let read = |segments: &[&str]| self.get_text(&self.address(segments, &[]));
        Ok(IndexTexts {
            index: read(&["v1", "workers", worker_id, "index.json"])?,
            index_signature: read(&["v1", "workers", worker_id, "index.json.minisig"])?,
            key: read(&["keys", "index-signing.pub"])?,
            key_signature: read(&["keys", "index-signing.pub.minisig"])?,
        })
    }
}

/// Whether a genuine comment names another state of the index than this text: one of the two is newer.
fn is_of_another(index: &ReleaseIndex, signature: &Signature, key: &ReleaseKeys) -> bool {
    key.comment(signature).map_or(false, |comment| {
        field(comment, "worker") != Some(&index.worker_id)
            || field(comment, "serial").and_then(digits) != i64::try_from(index.serial).ok()
            || field(comment, "expires").and_then(crate::time::parse_rfc3339) != Some(index.expires_at)
    })
}

/// A field of a trusted comment, `name:value` between tabs.
fn field<'a>(comment: &'a str, name: &str) -> Option<&'a str> {
    comment
        .split('\t')
        .filter_map(|part| part.split_once(':'))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value)
}

fn digits(text: &str) -> Option<i64> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

fn refuse(reason: impl Into<String>) -> IndexFault {
    IndexFault { reason: reason.into(), may_settle: false }
}
