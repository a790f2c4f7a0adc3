use super::*;
use crate::exchange::Retries;
use crate::transport::{Request, Response, Transport};
use std::sync::{Arc, Mutex};

const KEY: &str = "rbee_lic_0DJ5JPHB5QKS1V5XQ7C8SD8R6C0003Y2B7X9E1M4K6P0T5W8ZA3CF00";

/// A catalog with a free and a premium worker and no files. It keeps the paths that were asked, with a star where a
/// credential came along.
#[derive(Default)]
struct Server {
    asked: Mutex<Vec<String>>,
    tokens: Mutex<u32>,
}

impl Server {
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn answer(&self, path: &str, body: &str, has_license: bool) -> (u16, String) {
        let premium = body.contains("premium") || path.contains("premium");
        match path {
            "/keys/release-signing.pub" => (200, "RWQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned()),
            "/.well-known/jwks.json" => (200, r#"{"keys": []}"#.to_owned()),
            "/v1/licenses/activate" | "/v1/licenses/token" => {
                *self.tokens.lock().unwrap() += 1;
                let token = format!("token-{}", self.tokens.lock().unwrap());
                let license = r#"{"id": "lic_0dj5jphb5qks1v5xq7c8sd8r6c", "status": "active", "plan": "p", "versions": "*",
                    "entitlements": [], "machine_limit": 1, "machines": []}"#;
                let times = r#""expires_at": "2100-01-01T00:00:00Z", "renew_after": "2099-01-01T00:00:00Z""#;
                (200, format!(r#"{{"token": "{token}", {times}, "license": {license}, "machine": {{"id": "m"}}}}"#))
            }
            "/v1/licenses/deactivate" => (204, String::new()),
            "/v1/workers/resolve" if premium && !has_license => {
                let lack =
                    r#"{"worker_id": "premium-cpu", "code": "LICENSE_REQUIRED", "detail": "It needs a license."}"#;
                (200, format!(r#"{{"choice": null, "why": "It needs a license.", "ruled_out": [{lack}]}}"#))
            }
            "/v1/workers/resolve" => {
                let id = if premium { "premium-cpu" } else { "cpu" };
                let choice = format!(
                    r#"{{"worker_id": "{id}", "version": "1.0.0", "platform": "linux-x86_64", "filename": "{id}"}}"#
                );
                (200, format!(r#"{{"choice": {choice}, "why": "It fits.", "ruled_out": []}}"#))
            }
            _ => (404, r#"{"code": "VERSION_NOT_FOUND"}"#.to_owned()),
        }
    }
}

impl Transport for Server {
    fn send(&self, request: &Request) -> Result<Response, String> {
        let has_license = request.headers.iter().any(|(name, _)| *name == "Authorization");
        let path = request.url.path().to_owned();
        self.asked.lock().unwrap().push(if has_license { format!("{path}*") } else { path.clone() });
        let (status, body) = self.answer(&path, request.body.as_deref().unwrap_or_default(), has_license);
        Ok(Response { status, headers: Vec::new(), body: Box::new(std::io::Cursor::new(body)) })
    }
}

fn hive(server: &Arc<Server>, folder: &Path) -> Hive {
    let catalog = Catalog::with_transport("https://catalog.test", server.clone()).unwrap().with_retries(Retries::NONE);
    let license = License::parse(KEY, "the test").unwrap();
    Hive::with_license(catalog, StateFile::new(folder.join("state.json")), Some(license), "attic").unwrap()
}

/// Tries an installation, which ends at the link. Gives the paths that were asked.
fn asked_by_install(worker: &str) -> Vec<String> {
    let (server, folder) = (Arc::new(Server::default()), tempfile::tempdir().unwrap());
    let mut hive = hive(&server, folder.path());
    let machine = Machine::of_platform("linux-x86_64");
    let failed = hive.install(worker, machine, folder.path(), &mut |_, _| std::ops::ControlFlow::Continue(()));
    assert_eq!(failed.unwrap_err().code(), Some(&ProblemCode::VersionNotFound));
    server.asked()
}

#[test]
fn a_free_worker_takes_no_seat_and_sees_no_license() {
    let link = "/v1/workers/cpu/1.0.0/download";
    assert_eq!(asked_by_install("cpu"), ["/keys/release-signing.pub", "/v1/workers/resolve", link]);
}

#[test]
fn a_worker_that_needs_the_license_takes_a_seat() {
    let asked = asked_by_install("premium-cpu");
    let licensed = ["/v1/workers/resolve", "/v1/licenses/activate*", "/v1/workers/resolve*"];
    assert_eq!(asked[1..4], licensed);
}

#[test]
fn the_keys_that_verify_a_new_token_are_fetched_with_it() {
    let (server, folder) = (Arc::new(Server::default()), tempfile::tempdir().unwrap());
    hive(&server, folder.path()).activate().unwrap();
    assert_eq!(server.asked(), ["/v1/licenses/activate*", "/.well-known/jwks.json"]);
}

#[test]
fn a_hive_goes_on_with_the_seat_that_another_one_has_stored() {
    let (server, folder) = (Arc::new(Server::default()), tempfile::tempdir().unwrap());
    let token = |hive: &Hive| hive.machine.seat().map(|seat| seat.token.expose().to_owned());
    let mut daemon = hive(&server, folder.path());
    daemon.activate().unwrap();
    let mut command = hive(&server, folder.path());
    command.activate().unwrap();
    assert!(matches!(daemon.renew_if_due(), Ok(Renewal::NotDue)));
    assert_eq!(token(&daemon).as_deref(), Some("token-2"));
    assert_eq!(token(&hive(&server, folder.path())).as_deref(), Some("token-2"));
    command.deactivate().unwrap();
    daemon.renew_if_due().unwrap();
    assert_eq!(token(&hive(&server, folder.path())), None);
}

#[test]
fn the_first_pinned_keys_stay() {
    let (server, folder) = (Arc::new(Server::default()), tempfile::tempdir().unwrap());
    let mut first = hive(&server, folder.path());
    let mut second = hive(&server, folder.path());
    first.state.release_keys = Some("first".to_owned());
    first.save().unwrap();
    second.state.release_keys = Some("second".to_owned());
    second.save().unwrap();
    assert_eq!(hive(&server, folder.path()).state.release_keys.as_deref(), Some("first"));
    // A pin that cannot be read is not replaced.
    assert!(second.release_keys().is_err());
    assert_eq!(second.state.release_keys.as_deref(), Some("first"));
}
