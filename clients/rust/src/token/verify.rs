use crate::token::claims::{machine_hash, Claims};
use crate::token::jws::{open, TOLERANCE};
use crate::token::key_set::KeySet;
use std::fmt;

const TOKEN_TYPE: &str = "rbee-license+jwt";
const AUDIENCE: &str = "rbee-hive";
/// Far above the length of a license token. Longer text is refused before it is parsed.
const MAX_LENGTH: usize = 4096;
/// How long tokens alone get further tokens after the license key was last sent, in seconds.
const KEY_PRESENTED_EVERY: i64 = 30 * 24 * 60 * 60;

/// Verifies license tokens and status lists of one catalog, without a request.
#[derive(Debug, Clone)]
pub struct Verifier {
    pub(crate) issuer: String,
    pub(crate) keys: KeySet,
}

/// The reason why a license token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenFault {
    /// It is not a genuine, valid token of this catalog.
    Invalid(Why),
    /// It was valid, and has ended. Renew it.
    Expired,
    /// It was the last one that a token could get. Send the license key.
    KeyRequired,
    /// It belongs to another machine.
    MachineMismatch,
    /// The fingerprint is none: 1 to 256 characters, without control characters.
    MachineRequired,
}

/// The fault of a token that is not valid. For logs: programs decide by [`TokenFault`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It is longer than any token.
    TooLong,
    /// It is not three parts of base64url, the last with 64 bytes.
    Malformed,
    /// No key of the catalog has its `kid`, or that key has ended.
    UnknownKey,
    /// Its `alg` is not EdDSA.
    Algorithm,
    /// Its header demands an extension (`crit`).
    Header,
    /// Its `typ` is another one.
    Type,
    /// It is not signed by its key.
    Signature,
    /// A claim is missing or has another form.
    Claims,
    /// It is from another catalog.
    Issuer,
    /// It is for another audience.
    Audience,
    /// Its time has not come. This machine's clock may be behind.
    NotYetValid,
}

impl Verifier {
    /// A verifier for the catalog with this origin ([`Catalog::issuer`](crate::Catalog::issuer)).
    pub fn new(issuer: impl Into<String>, keys: KeySet) -> Self {
        Verifier { issuer: issuer.into(), keys }
    }

    /// The claims of a token that this catalog signed and that is valid at `now` (Unix seconds, from
    /// [`Clock::now`](crate::Clock::now)), with a tolerance of a minute. `fingerprint`: the machine that it must be
    /// for.
    ///
    /// # Errors
    /// The first fault.
    pub fn verify(&self, token: &str, fingerprint: Option<&str>, now: i64) -> Result<Claims, TokenFault> {
        if token.len() > MAX_LENGTH {
            return Err(TokenFault::Invalid(Why::TooLong));
        }
        let claims: Claims = open(token, TOKEN_TYPE, &self.keys, now).map_err(TokenFault::Invalid)?;
        if claims.aud != AUDIENCE {
            return Err(TokenFault::Invalid(Why::Audience));
        }
        if claims.iss != self.issuer {
            return Err(TokenFault::Invalid(Why::Issuer));
        }
        if claims.nbf > now.saturating_add(TOLERANCE) {
            return Err(TokenFault::Invalid(Why::NotYetValid));
        }
        if claims.exp <= now.saturating_sub(TOLERANCE) {
            return Err(fault_of_expired(&claims));
        }
        match fingerprint.map(|fingerprint| machine_hash(&claims.sub, fingerprint)) {
            Some(None) => Err(TokenFault::MachineRequired),
            Some(Some(machine)) if machine != claims.machine => Err(TokenFault::MachineMismatch),
            _ => Ok(claims),
        }
    }
}

/// The last token of a chain was made by a token, and ends with the chain.
fn fault_of_expired(claims: &Claims) -> TokenFault {
    match claims.auth_time {
        Some(at) if at < claims.iat && claims.exp >= at.saturating_add(KEY_PRESENTED_EVERY) => TokenFault::KeyRequired,
        _ => TokenFault::Expired,
    }
}

impl TokenFault {
    /// The code with which the catalog would refuse the token.
    pub fn code(&self) -> crate::ProblemCode {
        match self {
            TokenFault::Invalid(_) => crate::ProblemCode::TokenInvalid,
            TokenFault::Expired => crate::ProblemCode::TokenExpired,
            TokenFault::KeyRequired => crate::ProblemCode::KeyRequired,
            TokenFault::MachineMismatch => crate::ProblemCode::MachineMismatch,
            TokenFault::MachineRequired => crate::ProblemCode::MachineRequired,
        }
    }
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            TokenFault::Invalid(Why::NotYetValid) => {
                "The license token is not valid yet. Set this machine's clock, which is behind."
            }
            TokenFault::Invalid(Why::UnknownKey) => {
                "The license token is signed by a key that is not known here. Fetch the catalog's keys again."
            }
            TokenFault::Invalid(Why::Issuer) => "The license token is from another catalog.",
            TokenFault::Invalid(_) => "The license token is not valid. Activate this machine with the license key.",
            TokenFault::Expired => "The license token has expired. Renew it with the license key.",
            TokenFault::KeyRequired => "The license key must be sent again: tokens alone get no further one.",
            TokenFault::MachineMismatch => "The license token belongs to another machine.",
            TokenFault::MachineRequired => {
                "The machine's fingerprint has 1 to 256 characters, and no control character."
            }
        };
        f.write_str(text)
    }
}

impl std::error::Error for TokenFault {}
