use crate::catalog::Catalog;
use crate::encoding::{decode_base64, verify_ed25519};
use crate::error::Error;
use std::fmt;

const UNTRUSTED: &str = "untrusted comment: ";
const TRUSTED: &str = "trusted comment: ";
/// The sizes of minisign's own buffers, in bytes.
const MAX_UNTRUSTED: usize = 1024;
const MAX_TRUSTED: usize = 8192;

type KeyId = [u8; 8];

/// Minisign public keys that may sign releases. Pin them: ship them with the hive, or store those of the first contact.
#[derive(Clone, PartialEq, Eq)]
pub struct ReleaseKeys {
    keys: Vec<(KeyId, Vec<u8>)>,
}

/// A minisign signature, in the prehashed form that minisign makes by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    key_id: KeyId,
    signature: Vec<u8>,
    trusted_comment: String,
    global_signature: Vec<u8>,
}

impl ReleaseKeys {
    /// Reads the keys of one `.pub` file or of several in a row. Blank lines and comments are skipped.
    ///
    /// # Errors
    /// [`Error::Integrity`] for any other line, and for a text without a key.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut keys = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') || line.starts_with(UNTRUSTED.trim()) {
                continue;
            }
            let bytes = decode_base64(line, 42).filter(|bytes| bytes.starts_with(b"Ed"));
            let bytes = bytes.ok_or_else(|| broken(format!("Line {} is not a minisign public key.", index + 1)))?;
            keys.push((key_id(&bytes[2..10]), bytes[10..].to_vec()));
        }
        if keys.is_empty() {
            return Err(broken("The text has no minisign public key."));
        }
        Ok(ReleaseKeys { keys })
    }

    /// The trusted comment of a signature, whose key and comment are genuine and which is over `digest` (BLAKE2b-512 of
    /// the file, 64 bytes).
    ///
    /// # Errors
    /// [`Error::Integrity`] with the fault.
    pub fn verify<'a>(&self, signature: &'a Signature, digest: &[u8]) -> Result<&'a str, Error> {
        let key = self.signer(signature)?;
        if !verify_ed25519(key, digest, &signature.signature) {
            return Err(broken("The signature is not over this file."));
        }
        Ok(&signature.trusted_comment)
    }

    /// The trusted comment of a signature, if it is genuine, without a look at the signed file.
    pub(crate) fn comment<'a>(&self, signature: &'a Signature) -> Option<&'a str> {
        self.signer(signature).ok().map(|_| signature.trusted_comment.as_str())
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The key that made a signature's comment.
    fn signer(&self, signature: &Signature) -> Result<&[u8], Error> {
        let (_, key) = self.keys.iter().find(|(id, _)| *id == signature.key_id).ok_or_else(|| {
            let id = show(&signature.key_id);
            broken(format!("The signature is by minisign key {id}, which is not trusted (trusted: {self})."))
        })?;
        let named = [&signature.signature[..], signature.trusted_comment.as_bytes()].concat();
        if !verify_ed25519(key, &named, &signature.global_signature) {
            return Err(broken("The signature's trusted comment has been altered."));
        }
        Ok(key)
    }
}

impl Signature {
    /// Reads the text of a `.minisig` file.
    ///
    /// # Errors
    /// [`Error::Integrity`] with the fault. A legacy signature (`minisign -l`) is refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.replace("\r\n", "\n");
        let lines: Vec<&str> = text.trim_end_matches('\n').split('\n').collect();
        let (untrusted, signed, trusted, global) = match lines[..] {
            [untrusted, signed, trusted, global] => (untrusted, signed, trusted, global),
            _ => return Err(broken("A minisign signature has four lines.")),
        };
        let untrusted = untrusted.strip_prefix(UNTRUSTED).ok_or_else(|| starts_with(1, UNTRUSTED))?;
        let trusted = trusted.strip_prefix(TRUSTED).ok_or_else(|| starts_with(3, TRUSTED))?;
        if !is_comment(untrusted, MAX_UNTRUSTED) || !is_comment(trusted, MAX_TRUSTED) {
            return Err(broken("A comment of the minisign signature is too long or has control characters."));
        }
        let bytes = decode_base64(signed, 74);
        if bytes.as_ref().map_or(false, |bytes| bytes.starts_with(b"Ed")) {
            return Err(broken("This is a legacy minisign signature. Only prehashed ones are accepted."));
        }
        let bytes = bytes
            .filter(|bytes| bytes.starts_with(b"ED"))
            .ok_or_else(|| broken("Line 2 of the minisign signature is not a signature."))?;
        let global = decode_base64(global, 64);
        Ok(Signature {
            key_id: key_id(&bytes[2..10]),
            signature: bytes[10..].to_vec(),
            trusted_comment: trusted.to_owned(),
            global_signature: global.ok_or_else(|| broken("Line 4 of the minisign signature is not a signature."))?,
        })
    }
}

impl Catalog {
    /// The keys that the catalog says sign its releases, as the text of a `.pub` file. Take them once, over https, and
    /// store them: a catalog that is taken over later cannot bring its own.
    ///
    /// # Errors
    /// As every call.
    pub fn release_keys_text(&self) -> Result<String, Error> {
        self.get_text(&self.address(&["keys", "release-signing.pub"], &[]))
    }
}

impl fmt::Display for ReleaseKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<String> = self.keys.iter().map(|(id, _)| show(id)).collect();
        f.write_str(&ids.join(", "))
    }
}

impl fmt::Debug for ReleaseKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReleaseKeys({self})")
    }
}

/// A key's id as minisign prints it: its bytes, last first, in capitals without leading zeros.
fn show(id: &KeyId) -> String {
    format!("{:X}", u64::from_le_bytes(*id))
}

fn key_id(bytes: &[u8]) -> KeyId {
    let mut id = [0; 8];
    id.copy_from_slice(bytes);
    id
}

fn is_comment(text: &str, most_bytes: usize) -> bool {
    text.len() <= most_bytes && !text.chars().any(|c| c.is_control() && c != '\t')
}

fn starts_with(line: u8, start: &str) -> Error {
    broken(format!("Line {line} of a minisign signature starts with \"{}\".", start.trim_end()))
}

fn broken(reason: impl Into<String>) -> Error {
    Error::Integrity(reason.into())
}
