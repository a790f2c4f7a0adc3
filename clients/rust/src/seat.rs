use crate::catalog::Catalog;
use crate::error::Error;
use crate::license::License;
use crate::problem::ProblemCode;
use crate::secret::Secret;
use serde::{Deserialize, Serialize};

/// A token with less time left than this is renewed at once, in seconds, so that it does not end during a download.
const SPARE: i64 = 5 * 60;

/// A machine's seat on a license, and its current token.
///
/// `Serialize` writes the token in plain text: store it where only the hive can read ([`StateFile`](crate::StateFile)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Seat {
    /// The catalog's origin. The token goes to no other catalog.
    pub catalog: String,
    /// The license's id.
    pub license_id: String,
    /// The machine's id, by which the owner removes it.
    pub machine_id: String,
    /// The machine's fingerprint.
    pub fingerprint: String,
    /// Whether the token is a lease.
    pub offline: bool,
    /// The token to send.
    pub token: Secret,
    /// The token's end, in Unix seconds. Until then a failed renewal changes nothing.
    pub expires_at: i64,
    /// When to renew the token, in Unix seconds. The catalog spreads it, so that hives do not all come at once.
    #[serde(default)]
    pub renew_after: Option<i64>,
    /// Until when the license key must be sent again, in Unix seconds.
    #[serde(default)]
    pub key_required_by: Option<i64>,
    /// `in_grace`: the license has passed its end and stops soon.
    #[serde(default)]
    pub warning: Option<String>,
}

impl Seat {
    /// When to renew: at `renew_after`, and five minutes before the end at the latest. Sleep until then.
    pub fn renew_at(&self) -> i64 {
        let latest = self.expires_at.saturating_sub(SPARE);
        self.renew_after.map_or(latest, |at| at.min(latest))
    }

    /// Whether the time to renew has come at `now` (Unix seconds).
    pub fn is_due(&self, now: i64) -> bool {
        now >= self.renew_at()
    }

    /// Whether the token has ended at `now`.
    pub fn has_ended(&self, now: i64) -> bool {
        now >= self.expires_at
    }
}

/// The outcome of [`Catalog::renew_if_due`].
#[derive(Debug)]
pub enum Renewal {
    /// The time has not come. Nothing was sent.
    NotDue,
    /// The seat has a new token.
    Renewed,
    /// The catalog did not answer, and the token goes on until its end. Try again in a while.
    Kept(Error),
}

impl Catalog {
    /// Renews a seat if its time has come at `now` (Unix seconds). With the license key, the key is sent. With a token
    /// or without a license, the seat's own token is.
    ///
    /// # Errors
    /// A refusal, which a later attempt does not change; or no answer, after the token has ended.
    pub fn renew_if_due(&self, seat: &mut Seat, license: Option<&License>, now: i64) -> Result<Renewal, Error> {
        if !seat.is_due(now) {
            return Ok(Renewal::NotDue);
        }
        let credential = match license {
            Some(License::Key(key)) => key,
            _ => &seat.token,
        };
        match self.renew(seat, credential) {
            Ok(renewed) => {
                *seat = renewed;
                Ok(Renewal::Renewed)
            }
            Err(error) if error.is_temporary() && !seat.has_ended(now) => Ok(Renewal::Kept(error)),
            Err(error) => Err(error),
        }
    }
}

/// Whether a refusal, or a fault of an offline verification, is about the token alone. The license key may still open
/// the same: a newer one than that which the token came from, after a rotation.
pub(crate) fn is_about_the_token(error: &Error) -> bool {
    use ProblemCode::{KeyRequired, KeyRotated, MachineMismatch, TokenExpired, TokenInvalid};
    let code = match error {
        Error::Token(fault) => Some(fault.code()),
        _ => error.code().cloned(),
    };
    matches!(code, Some(KeyRequired | KeyRotated | MachineMismatch | TokenExpired | TokenInvalid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Retries;
    use crate::transport::{Request, Response, Transport};
    use std::sync::Arc;

    struct Fixed(u16, &'static str);

    impl Transport for Fixed {
        fn send(&self, _: &Request) -> Result<Response, String> {
            Ok(Response { status: self.0, headers: Vec::new(), body: Box::new(self.1.as_bytes()) })
        }
    }

    fn catalog(status: u16, body: &'static str) -> Catalog {
        let transport = Arc::new(Fixed(status, body));
        Catalog::with_transport("https://catalog.test", transport).unwrap().with_retries(Retries::NONE)
    }

    fn seat() -> Seat {
        Seat {
            catalog: "https://catalog.test".to_owned(),
            license_id: "lic_1".to_owned(),
            machine_id: "mach_1".to_owned(),
            fingerprint: "attic".to_owned(),
            offline: false,
            token: Secret::new("old"),
            expires_at: 86_400,
            renew_after: Some(50_000),
            key_required_by: None,
            warning: None,
        }
    }

    const NEW: &str = r#"{"token": "new", "expires_at": "1970-01-03T00:00:00Z", "renew_after": "1970-01-02T18:00:00Z",
        "license": {"id": "lic_1", "status": "active", "plan": "p", "entitlements": [], "versions": "*",
        "machine_limit": 1, "machines": []}, "machine": {"id": "mach_1", "name": null}}"#;
    const BUSY: &str = r#"{"code": "SERVICE_UNAVAILABLE", "retry_after": 9}"#;
    const REVOKED: &str = r#"{"code": "LICENSE_REVOKED"}"#;

    #[test]
    fn a_seat_is_renewed_at_its_time_and_not_before() {
        let mut seat = seat();
        let catalog = catalog(200, NEW);
        assert!(matches!(catalog.renew_if_due(&mut seat, None, 49_999), Ok(Renewal::NotDue)));
        assert_eq!(seat.token.expose(), "old");
        assert!(matches!(catalog.renew_if_due(&mut seat, None, 50_000), Ok(Renewal::Renewed)));
        assert_eq!((seat.token.expose(), seat.expires_at, seat.renew_at()), ("new", 172_800, 151_200));
    }

    #[test]
    fn a_seat_without_a_time_of_renewal_is_renewed_shortly_before_its_end() {
        let seat = Seat { renew_after: None, ..seat() };
        assert!(!seat.is_due(86_099));
        assert!(seat.is_due(86_100));
    }

    #[test]
    fn a_token_goes_on_until_its_end_while_the_catalog_is_out() {
        let mut seat = seat();
        let kept = catalog(503, BUSY).renew_if_due(&mut seat, None, 60_000);
        assert!(matches!(kept, Ok(Renewal::Kept(error)) if error.retry_after() == Some(9)));
        assert!(catalog(503, BUSY).renew_if_due(&mut seat, None, 86_400).is_err());
    }

    #[test]
    fn a_refusal_is_told_at_once() {
        let error = catalog(403, REVOKED).renew_if_due(&mut seat(), None, 60_000).unwrap_err();
        assert_eq!(error.code(), Some(&ProblemCode::LicenseRevoked));
    }

    #[test]
    fn the_debug_text_of_a_seat_masks_its_token() {
        assert!(format!("{:?}", seat()).contains("token: Secret(masked)"));
    }
}
