use crate::catalog::Catalog;
use crate::error::Error;
use crate::machine::Machine;
use crate::problem::ProblemCode;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};

/// The question which worker, version and file a machine should have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ResolveRequest {
    /// A worker's id or variant, or the family that the catalog knows; `None`: any worker that fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker: Option<String>,
    /// The machine.
    pub machine: Machine,
    /// `stable`, `rc`, `beta` or `alpha`; `None`: stable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// The build that fits, and why others do not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Resolution {
    /// `None`: nothing fits. `ruled_out` says why.
    pub choice: Option<Choice>,
    /// The reason for the choice, as a sentence for a person.
    pub why: String,
    /// The facts that the machine does not state and the choice needs. Not empty: the build may not run here.
    #[serde(default)]
    pub untried: Vec<String>,
    /// The other builds, and the need that the machine or license does not meet.
    #[serde(default)]
    pub ruled_out: Vec<RuledOut>,
}

/// A file that fits a machine.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Choice {
    /// The worker's id.
    pub worker_id: String,
    /// The exact version.
    pub version: String,
    /// Such as `linux-x86_64`.
    pub platform: String,
    /// The file's name. Several builds of one platform differ by it.
    pub filename: String,
}

/// A build that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct RuledOut {
    /// The worker's id.
    pub worker_id: String,
    /// The version; `None` if the worker as a whole does not fit.
    #[serde(default)]
    pub version: Option<String>,
    /// The file's name; `None` if the worker as a whole does not fit.
    #[serde(default)]
    pub filename: Option<String>,
    /// The code of the reason: a license's, or one of the machine such as `DRIVER_TOO_OLD`, which is
    /// [`ProblemCode::Other`].
    pub code: ProblemCode,
    /// The reason, as a sentence for a person.
    pub detail: String,
}

impl Resolution {
    /// Whether nothing fits because a license is needed and none was sent.
    pub fn needs_license(&self) -> bool {
        let needs = |code: &ProblemCode| matches!(code.as_str(), "LICENSE_REQUIRED" | "CREDENTIAL_REQUIRED");
        self.choice.is_none() && self.ruled_out.iter().any(|build| needs(&build.code))
    }
}

impl RuledOut {
    /// Whether the build is for another kind of machine, which nobody wonders about.
    pub(crate) fn is_of_another_kind(&self) -> bool {
        matches!(self.code.as_str(), "WRONG_PLATFORM" | "WRONG_BACKEND")
    }
}

impl Catalog {
    /// Asks which build fits a machine. `license`: a key or token, which opens premium workers; without one only free
    /// workers are chosen.
    ///
    /// # Errors
    /// As every call. That nothing fits is no error.
    pub fn resolve(&self, request: &ResolveRequest, license: Option<&Secret>) -> Result<Resolution, Error> {
        self.post(&["v1", "workers", "resolve"], license, request)
    }
}
