use super::*;
use crate::exchange::Retries;
use crate::transport::{Request, Response, Transport};
use std::sync::{Arc, Mutex};

const KEY: &str = "rbee_lic_0DJ5JPHB5QKS1V5XQ7C8SD8R6C0003Y2B7X9E1M4K6P0T5W8ZA3CF00";
const OWN: &str = "lic_0dj5jphb5qks1v5xq7c8sd8r6c";
const OTHER: &str = "lic_1dj5jphb5qks1v5xq7c8sd8r6c";

/// Gives a new token at an activation, refuses each renewal with a code, and keeps the paths that were asked.
struct Server {
    refusal: &'static str,
    asked: Mutex<Vec<String>>,
}

impl Transport for Server {
    fn send(&self, request: &Request) -> Result<Response, String> {
        self.asked.lock().unwrap().push(request.url.path().to_owned());
        let (status, body) = if request.url.path().ends_with("activate") {
            let license = r#"{"id": "lic_0dj5jphb5qks1v5xq7c8sd8r6c", "status": "active", "plan": "p", "entitlements": [],
                "versions": "*", "machine_limit": 1, "machines": []}"#;
            let times = r#""expires_at": "2100-01-01T00:00:00Z""#;
            (201, format!(r#"{{"token": "new", {times}, "license": {license}, "machine": {{"id": "mach_1"}}}}"#))
        } else {
            (403, format!(r#"{{"code": "{}"}}"#, self.refusal))
        };
        Ok(Response { status, headers: Vec::new(), body: Box::new(std::io::Cursor::new(body)) })
    }
}

/// Asks for a token with a seat of a license, whose renewal is due and refused. Gives the token and the paths asked.
fn token(license_id: &str, refusal: &'static str) -> (Result<Option<Secret>, Error>, Vec<String>) {
    let server = Arc::new(Server { refusal, asked: Mutex::default() });
    let catalog = Catalog::with_transport("https://catalog.test", server.clone()).unwrap().with_retries(Retries::NONE);
    let seat = serde_json::json!({
        "catalog": "https://catalog.test", "license_id": license_id, "machine_id": "mach_1", "fingerprint": "attic",
        "offline": false, "token": "old", "expires_at": 1_000
    });
    let license = License::parse(KEY, "the test").unwrap();
    let mut machine = LicensedMachine::new(Some(license), "attic").with_seat(serde_json::from_value(seat).unwrap());
    let token = machine.token(&catalog, 900);
    let asked = server.asked.lock().unwrap().clone();
    (token, asked)
}

#[test]
fn a_token_that_no_longer_helps_is_replaced_by_the_key() {
    let (token, asked) = token(OWN, "KEY_ROTATED");
    assert_eq!(token.unwrap(), Some(Secret::new("new")));
    assert_eq!(asked, ["/v1/licenses/token", "/v1/licenses/activate"]);
}

#[test]
fn a_machine_that_its_owner_removed_does_not_activate_itself_again() {
    let (token, asked) = token(OWN, "MACHINE_DEACTIVATED");
    assert_eq!(token.unwrap_err().code().map(|code| code.as_str()), Some("MACHINE_DEACTIVATED"));
    assert_eq!(asked, ["/v1/licenses/token"]);
}

#[test]
fn a_seat_of_another_license_is_not_used() {
    let (token, asked) = token(OTHER, "LICENSE_REVOKED");
    assert_eq!(token.unwrap(), Some(Secret::new("new")));
    assert_eq!(asked, ["/v1/licenses/activate"]);
}

#[test]
fn a_machine_without_a_license_has_no_token() {
    let server = Arc::new(Server { refusal: "NOT_FOUND", asked: Mutex::default() });
    let catalog = Catalog::with_transport("https://catalog.test", server).unwrap();
    assert_eq!(LicensedMachine::new(None, "attic").token(&catalog, 0).unwrap(), None);
}
