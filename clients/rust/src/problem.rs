use crate::text::printable;
use serde::Deserialize;
use std::fmt;

macro_rules! problem_codes {
    ($($variant:ident = $text:literal, $meaning:literal;)*) => {
        /// The code of a refusal. The catalog never renames one and never changes its status.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ProblemCode {
            $(#[doc = $meaning] $variant,)*
            /// A code that this version of the crate does not know.
            Other(String),
        }

        impl ProblemCode {
            /// The code as the catalog writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(ProblemCode::$variant => $text,)*
                    ProblemCode::Other(text) => text,
                }
            }
        }

        impl From<&str> for ProblemCode {
            fn from(text: &str) -> Self {
                match text {
                    $($text => ProblemCode::$variant,)*
                    _ => ProblemCode::Other(text.to_owned()),
                }
            }
        }
    };
}

problem_codes! {
    MalformedRequest = "MALFORMED_REQUEST", "The request could not be parsed.";
    CredentialRequired = "CREDENTIAL_REQUIRED", "The operation needs a license key or token.";
    KeyInvalid = "KEY_INVALID", "The license key is mistyped or forged.";
    KeyRotated = "KEY_ROTATED", "A newer license key has replaced this one.";
    KeyExchanged = "KEY_EXCHANGED", "The key of another shop was exchanged. Use the rbee license key.";
    KeyRequired = "KEY_REQUIRED", "Tokens alone get no further one. Send the license key again.";
    TokenInvalid = "TOKEN_INVALID", "The token does not verify.";
    TokenExpired = "TOKEN_EXPIRED", "The token has ended. Renew it.";
    HttpsRequired = "HTTPS_REQUIRED", "The request was not encrypted.";
    LicenseRevoked = "LICENSE_REVOKED", "The license has been revoked.";
    LicenseSuspended = "LICENSE_SUSPENDED", "The license is suspended, which can end.";
    LicenseExpired = "LICENSE_EXPIRED", "The license has expired. It may be renewed.";
    MachineRequired = "MACHINE_REQUIRED", "A license key on a download needs the machine's fingerprint.";
    MachineMismatch = "MACHINE_MISMATCH", "The token belongs to another machine.";
    MachineDeactivated = "MACHINE_DEACTIVATED", "The machine has no seat. Activate it.";
    MachineBarred = "MACHINE_BARRED", "The seller has barred this machine from the license.";
    TrialUsed = "TRIAL_USED", "The machine has been in a free trial before. Wait for the first payment, or end the trial.";
    NotEntitled = "NOT_ENTITLED", "The license does not include this worker.";
    VersionNotCovered = "VERSION_NOT_COVERED", "The license does not cover this version.";
    LinkExpired = "LINK_EXPIRED", "The download link has ended. Ask for another.";
    LinkInvalid = "LINK_INVALID", "The download link is not genuine.";
    InsufficientScope = "INSUFFICIENT_SCOPE", "The credential does not allow this.";
    NotFound = "NOT_FOUND", "There is nothing at this address.";
    WorkerNotFound = "WORKER_NOT_FOUND", "The catalog has no such worker.";
    VersionNotFound = "VERSION_NOT_FOUND", "The worker has no such version, or no release yet.";
    ArtifactNotFound = "ARTIFACT_NOT_FOUND", "The version has no such file, or none for this platform.";
    LicenseNotFound = "LICENSE_NOT_FOUND", "There is no such license.";
    MachineLimitReached = "MACHINE_LIMIT_REACHED", "Every machine of the license is in use. Free a seat.";
    Conflict = "CONFLICT", "The current state does not allow this.";
    ReleaseBlocked = "RELEASE_BLOCKED", "The release has been withdrawn.";
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", "The request body is too large.";
    RangeNotSatisfiable = "RANGE_NOT_SATISFIABLE", "The file has no such bytes.";
    ValidationFailed = "VALIDATION_FAILED", "The request is not valid. `Problem::errors` has each fault.";
    RateLimited = "RATE_LIMITED", "Too many requests. Wait for `Problem::retry_after`.";
    InternalError = "INTERNAL_ERROR", "Something went wrong in the catalog.";
    ServiceUnavailable = "SERVICE_UNAVAILABLE", "The catalog is busy. Wait for `Problem::retry_after`.";
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(self.as_str()))
    }
}

impl<'de> Deserialize<'de> for ProblemCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(ProblemCode::from(String::deserialize(deserializer)?.as_str()))
    }
}

/// A fault of one field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FieldFault {
    /// The field, such as `body.fingerprint`.
    pub path: String,
    /// The fault, as a sentence for a person.
    pub message: String,
}

/// A refusal of the catalog (RFC 9457). Its `Display` is for a person: the reason, the next step, and the request id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Problem {
    /// The stable code. Programs decide by it.
    pub code: ProblemCode,
    /// The HTTP status.
    #[serde(default)]
    pub status: u16,
    /// The code in words.
    #[serde(default)]
    pub title: Option<String>,
    /// The reason, as a sentence for a person.
    #[serde(default)]
    pub detail: Option<String>,
    /// The id by which the catalog's operator finds the request.
    #[serde(default)]
    pub request_id: Option<String>,
    /// How many seconds to wait before the next attempt.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// Where the license can be bought or renewed.
    #[serde(default)]
    pub purchase_url: Option<String>,
    /// The newest version that the license covers, with [`ProblemCode::VersionNotCovered`].
    #[serde(default)]
    pub latest_covered_version: Option<String>,
    /// The faults of an invalid request.
    #[serde(default)]
    pub errors: Vec<FieldFault>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.detail.as_deref().or(self.title.as_deref()).unwrap_or("The catalog refused.");
        write!(f, "{} ({})", printable(reason), self.code)?;
        for FieldFault { path, message } in self.errors.iter().filter(|_| self.errors.len() > 1) {
            write!(f, " {}: {}.", printable(path), printable(message))?;
        }
        if let Some(version) = &self.latest_covered_version {
            write!(f, " The newest version that you may have: {}.", printable(version))?;
        }
        if let Some(url) = &self.purchase_url {
            write!(f, " Buy or renew: {}", printable(url))?;
        }
        if let Some(id) = &self.request_id {
            write!(f, " [request {}]", printable(id))?;
        }
        Ok(())
    }
}
