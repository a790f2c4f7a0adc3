use crate::encoding::{encode_base64url, sha256};
use crate::grant::Grant;
use serde::Deserialize;

/// The claims of a license token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Claims {
    /// The issuer: the catalog's origin.
    pub iss: String,
    /// The audience, `rbee-hive`.
    pub aud: String,
    /// The license's id.
    pub sub: String,
    /// The token's id.
    pub jti: String,
    /// When the token was made, in Unix seconds.
    pub iat: i64,
    /// The first second in which it is valid, minutes before `iat`.
    pub nbf: i64,
    /// Its end, in Unix seconds.
    pub exp: i64,
    /// When the license key was last sent. Older tokens have none.
    #[serde(default)]
    pub auth_time: Option<i64>,
    /// The hash of the machine's fingerprint.
    pub machine: String,
    /// The plan's id.
    pub plan: String,
    /// The rights of the license.
    #[serde(flatten)]
    pub grant: Grant,
    /// The generation of the license key.
    pub gen: i64,
    /// The place in the status lists.
    pub status: Status,
}

/// The claim `status` (IETF Token Status List).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Status {
    /// The list and the place in it.
    pub status_list: StatusPlace,
}

/// A place in a status list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct StatusPlace {
    /// The place, from 0.
    pub idx: u64,
    /// The address of the list.
    pub uri: String,
}

/// The longest fingerprint, in code points, as the catalog counts them.
const MAX_FINGERPRINT: usize = 256;

/// The hash of a fingerprint that the tokens of a license carry: base64url of SHA-256 over `rbee-machine:`, the
/// license's id, `:` and the fingerprint without leading and trailing blanks. `None` for a text that is no fingerprint.
pub fn machine_hash(license_id: &str, fingerprint: &str) -> Option<String> {
    // JavaScript's `trim` takes the byte order mark for a blank, Rust's does not.
    let fingerprint = fingerprint.trim_matches(|c: char| c.is_whitespace() && c != '\u{85}' || c == '\u{feff}');
    let length = fingerprint.chars().count();
    if length == 0 || length > MAX_FINGERPRINT || fingerprint.chars().any(char::is_control) {
        return None;
    }
    Some(encode_base64url(&sha256(format!("rbee-machine:{license_id}:{fingerprint}").as_bytes())))
}
