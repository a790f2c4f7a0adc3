use crate::catalog::Catalog;
use crate::encoding::decode_base64url;
use crate::error::Error;
use serde::{Deserialize, Serialize};

/// The public keys that verify license tokens and status lists (a JWK set, RFC 7517). Keep it for an hour at most while
/// the catalog can be reached; store it for a start without a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySet {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Key {
    kty: String,
    crv: String,
    kid: String,
    x: String,
    #[serde(default)]
    alg: Option<String>,
    /// When the overlap of a former key ends, in Unix seconds.
    #[serde(default)]
    exp: Option<f64>,
}

impl KeySet {
    /// Reads the text of a JWK set. Keys of other kinds are skipped.
    ///
    /// # Errors
    /// [`Error::Integrity`] for a text that is no JWK set.
    pub fn parse(text: &str) -> Result<Self, Error> {
        serde_json::from_str(text).map_err(|_| Error::Integrity("The key set is no JWK set.".to_owned()))
    }

    /// The bytes of the Ed25519 key `kid`, unless its overlap has ended.
    pub(crate) fn key(&self, kid: &str, now: i64) -> Option<KeyBytes> {
        self.keys
            .iter()
            .filter_map(|value| serde_json::from_value::<Key>(value.clone()).ok())
            .filter(|key| key.kty == "OKP" && key.crv == "Ed25519" && key.alg.as_deref().unwrap_or("EdDSA") == "EdDSA")
            .find(|key| key.kid == kid)
            .filter(|key| key.exp.map_or(true, |exp| (now as f64) < exp))
            .and_then(|key| decode_base64url(&key.x))
            .filter(|bytes| bytes.len() == 32)
    }
}

pub(crate) type KeyBytes = Vec<u8>;

impl Catalog {
    /// The keys that verify the catalog's tokens. Fetch them again for a token with an unknown key, at most once a
    /// minute.
    ///
    /// # Errors
    /// As every call.
    pub fn key_set(&self) -> Result<KeySet, Error> {
        self.get(&self.address(&[".well-known", "jwks.json"], &[]), None)
    }
}
