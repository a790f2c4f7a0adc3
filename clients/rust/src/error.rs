use crate::problem::{Problem, ProblemCode};
use crate::resolution::RuledOut;
use crate::text::printable;
use crate::token::verify::TokenFault;
use std::path::PathBuf;
use std::{fmt, io};

/// The reason why a call failed. Its `Display` is a sentence for a person and holds no secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The catalog refused, with a code.
    Problem(Box<Problem>),
    /// An answer that is not the catalog's: a proxy's page, for example.
    NotTheCatalog {
        /// The origin that was asked.
        origin: String,
        /// The HTTP status of the answer.
        status: u16,
    },
    /// No answer, or one that broke off.
    Unreachable {
        /// The origin that was asked.
        origin: String,
        /// The reason, in the words of the transport.
        reason: String,
    },
    /// Plain http to another machine, where others can read and alter it.
    NotPrivate {
        /// The address, without path and query.
        origin: String,
    },
    /// A redirect that is not followed.
    Redirect {
        /// The origin that redirects.
        from: String,
        /// The reason, as the rest of a sentence.
        reason: String,
    },
    /// The text is no address of a catalog.
    Address(String),
    /// The text is neither a license key nor a license token.
    NoLicense {
        /// Where the text came from: a variable or file.
        source: String,
    },
    /// No build of the worker fits this machine and its license.
    NothingFits {
        /// The reasons, as sentences for a person.
        why: String,
        /// Each build, and what it lacks.
        ruled_out: Vec<RuledOut>,
    },
    /// A premium worker, and no license at hand.
    LicenseMissing {
        /// The worker's id.
        worker_id: String,
    },
    /// This system has no machine id, and `RBEE_MACHINE` is not set.
    NoFingerprint,
    /// A token that does not verify offline.
    Token(TokenFault),
    /// Bytes, a signature or an answer that is not the published one. Nothing was installed.
    Integrity(String),
    /// The caller has canceled the download. Its bytes stay.
    Canceled,
    /// A file or folder that cannot be read or written.
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

impl Error {
    /// The code of a refusal; `None` for every other failure. If nothing fits, it is that of the first build for this
    /// kind of machine, such as [`ProblemCode::LicenseRevoked`].
    pub fn code(&self) -> Option<&ProblemCode> {
        match self {
            Error::Problem(problem) => Some(&problem.code),
            Error::NothingFits { ruled_out, .. } => {
                ruled_out.iter().find(|build| !build.is_of_another_kind()).map(|build| &build.code)
            }
            _ => None,
        }
    }

    /// Whether a later attempt may succeed without a change: no answer, a busy or failing catalog.
    pub fn is_temporary(&self) -> bool {
        match self {
            Error::Unreachable { .. } => true,
            Error::Problem(problem) => problem.status == 429 || problem.status >= 500,
            Error::NotTheCatalog { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }

    /// How many seconds to wait before another attempt, if the catalog said so.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Error::Problem(problem) => problem.retry_after,
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Problem(problem) => problem.fmt(f),
            Error::NotTheCatalog { origin, status } => {
                write!(
                    f,
                    "{origin} answered with HTTP {status}, and not as a catalog. Check the address and the proxy."
                )
            }
            Error::Unreachable { origin, reason } => {
                write!(f, "{origin} cannot be reached: {}.", printable(reason.trim_end_matches('.')))
            }
            Error::NotPrivate { origin } => {
                write!(f, "Nothing is sent to {origin}, because others can read plain http. Use https.")
            }
            Error::Redirect { from, reason } => write!(f, "{from} redirects {}.", printable(reason)),
            Error::Address(text) => write!(f, "\"{}\" is not the address of a catalog.", printable(text)),
            Error::NoLicense { source } => {
                write!(f, "{source} holds neither a license key nor a license token. Copy the key from its mail again.")
            }
            Error::NothingFits { why, .. } => match self.code() {
                Some(code) => write!(f, "{} ({code})", printable(why)),
                None => f.write_str(&printable(why)),
            },
            Error::LicenseMissing { worker_id } => {
                write!(f, "{} needs a license. Set RBEE_LICENSE_KEY to the key from its mail.", printable(worker_id))
            }
            Error::NoFingerprint => {
                f.write_str("This system has no machine id. Set RBEE_MACHINE to a name of its own.")
            }
            Error::Token(fault) => fault.fmt(f),
            Error::Integrity(reason) => f.write_str(&printable(reason)),
            Error::Canceled => f.write_str("The download was canceled."),
            Error::File { path, source } => write!(f, "{}: {source}.", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::File { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<TokenFault> for Error {
    fn from(fault: TokenFault) -> Self {
        Error::Token(fault)
    }
}
