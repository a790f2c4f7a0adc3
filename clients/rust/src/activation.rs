use crate::catalog::Catalog;
use crate::error::Error;
use crate::machine::host_platform;
use crate::seat::Seat;
use crate::secret::Secret;
use crate::time::{optional_timestamp, timestamp};
use serde::{Deserialize, Serialize};

/// The machine to activate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActivationRequest {
    /// The text that identifies the machine ([`machine_fingerprint`](crate::machine_fingerprint)). The catalog stores
    /// its hash. The same fingerprint again takes no second seat.
    pub fingerprint: String,
    /// The name by which the owner recognizes the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Such as `linux-x86_64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Whether to get a lease, a token for a machine without a network: as long as the plan allows, 30 days at most.
    pub offline: bool,
}

impl ActivationRequest {
    /// This machine, by its fingerprint.
    pub fn new(fingerprint: impl Into<String>) -> Self {
        let platform = Some(host_platform());
        ActivationRequest { fingerprint: fingerprint.into(), name: None, platform, offline: false }
    }
}

/// A license as its holder sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct LicenseView {
    /// The id, `lic_...`.
    pub id: String,
    /// `active`, `suspended`, `expired` or `revoked`.
    pub status: String,
    /// `in_grace`: the license has passed its end and stops soon.
    #[serde(default)]
    pub warning: Option<String>,
    /// The plan's id.
    pub plan: String,
    /// Worker ids; a trailing `*` matches the rest.
    pub entitlements: Vec<String>,
    /// A range of versions.
    pub versions: String,
    /// The last second in which a covered release was published, in Unix seconds.
    #[serde(default, deserialize_with = "optional_timestamp")]
    pub updates_until: Option<i64>,
    /// The end, in Unix seconds.
    #[serde(default, deserialize_with = "optional_timestamp")]
    pub expires_at: Option<i64>,
    /// How many machines may be active at once.
    pub machine_limit: u64,
    /// The active machines. A token shows its own only.
    pub machines: Vec<MachineView>,
}

/// A machine of a license.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct MachineView {
    /// The id, `mach_...`.
    pub id: String,
    /// The name by which the owner recognizes it.
    #[serde(default)]
    pub name: Option<String>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Secret,
    #[serde(deserialize_with = "timestamp")]
    expires_at: i64,
    #[serde(default, deserialize_with = "optional_timestamp")]
    renew_after: Option<i64>,
    #[serde(default, deserialize_with = "optional_timestamp")]
    key_required_by: Option<i64>,
    license: LicenseView,
    machine: MachineView,
}

#[derive(Deserialize)]
struct Me {
    license: LicenseView,
}

#[derive(Serialize)]
struct Renewal<'a> {
    fingerprint: &'a str,
    offline: bool,
}

#[derive(Serialize)]
struct Fingerprint<'a> {
    fingerprint: &'a str,
}

impl Catalog {
    /// Activates a machine with a license key and gets its first token. Idempotent.
    ///
    /// # Errors
    /// [`MachineLimitReached`](crate::ProblemCode::MachineLimitReached) if every seat is taken, the refusals of keys
    /// and licenses, and as every call.
    pub fn activate(&self, key: &Secret, request: &ActivationRequest) -> Result<Seat, Error> {
        let answer: TokenAnswer = self.post(&["v1", "licenses", "activate"], Some(key), request)?;
        Ok(self.seat(answer, &request.fingerprint, request.offline))
    }

    /// A new token for a seat. `credential`: the license key, which also renews the time for which tokens alone
    /// suffice, or the seat's unexpired token.
    ///
    /// # Errors
    /// The refusals of keys, tokens, machines and licenses, and as every call.
    pub fn renew(&self, seat: &Seat, credential: &Secret) -> Result<Seat, Error> {
        let body = Renewal { fingerprint: &seat.fingerprint, offline: seat.offline };
        let answer: TokenAnswer = self.post(&["v1", "licenses", "token"], Some(credential), &body)?;
        Ok(self.seat(answer, &seat.fingerprint, seat.offline))
    }

    /// Frees a seat. Idempotent, and possible in every status of the license. A lease keeps its seat until it ends.
    ///
    /// # Errors
    /// The refusals of keys and tokens, and as every call.
    pub fn deactivate(&self, seat: &Seat, credential: &Secret) -> Result<(), Error> {
        let body = Fingerprint { fingerprint: &seat.fingerprint };
        self.post_text(&["v1", "licenses", "deactivate"], Some(credential), &body).map(|_| ())
    }

    /// The license behind a key or token, in every status.
    ///
    /// # Errors
    /// The refusals of keys and tokens, and as every call.
    pub fn license(&self, credential: &Secret) -> Result<LicenseView, Error> {
        let me: Me = self.get(&self.address(&["v1", "licenses", "me"], &[]), Some(credential))?;
        Ok(me.license)
    }

    fn seat(&self, answer: TokenAnswer, fingerprint: &str, offline: bool) -> Seat {
        Seat {
            catalog: self.issuer(),
            license_id: answer.license.id,
            machine_id: answer.machine.id,
            fingerprint: fingerprint.to_owned(),
            offline,
            token: answer.token,
            expires_at: answer.expires_at,
            renew_after: answer.renew_after,
            key_required_by: answer.key_required_by,
            warning: answer.license.warning,
        }
    }
}
