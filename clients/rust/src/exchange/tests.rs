use super::*;
use std::sync::Mutex;

/// Status, headers and body.
type Answer = (u16, Vec<(&'static str, &'static str)>, &'static str);

/// Answers from a list, and keeps the requests.
struct Scripted {
    answers: Mutex<Vec<Answer>>,
    sent: Mutex<Vec<(String, bool)>>,
}

impl Scripted {
    fn new(answers: Vec<Answer>) -> Self {
        Scripted { answers: Mutex::new(answers), sent: Mutex::new(Vec::new()) }
    }

    fn sent(&self) -> Vec<(String, bool)> {
        self.sent.lock().unwrap().clone()
    }
}

impl Transport for Scripted {
    fn send(&self, request: &Request) -> Result<Response, String> {
        let has_credential = request.headers.iter().any(|(name, _)| *name == "Authorization");
        self.sent.lock().unwrap().push((request.url.to_string(), has_credential));
        let mut answers = self.answers.lock().unwrap();
        if answers.is_empty() {
            return Err("connection refused".to_owned());
        }
        let (status, headers, body) = answers.remove(0);
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(Response { status, headers, body: Box::new(body.as_bytes()) })
    }
}

fn ask(scripted: &Scripted, url: &str, credential: bool) -> Result<Response, Error> {
    let secret = Secret::new("rbee_lic_SECRET");
    let ask = Ask { credential: Some(&secret).filter(|_| credential), ..Ask::default() };
    exchange(scripted, &Url::parse(url).unwrap(), ask)
}

#[test]
fn a_redirect_is_followed_with_the_credential_inside_of_its_origin() {
    let moved = Scripted::new(vec![(302, vec![("location", "/b")], ""), (200, vec![], "{}")]);
    ask(&moved, "https://catalog.test/a", true).unwrap();
    assert_eq!(
        moved.sent(),
        [("https://catalog.test/a".to_owned(), true), ("https://catalog.test/b".to_owned(), true)]
    );
}

#[test]
fn a_credential_is_sent_to_no_other_origin() {
    for place in ["https://evil.test/", "https://catalog.test:444/", "//evil.test/"] {
        let moved = Scripted::new(vec![(307, vec![("location", place)], "")]);
        let error = ask(&moved, "https://catalog.test/a", true).unwrap_err();
        assert!(matches!(error, Error::Redirect { .. }), "{error}");
        assert_eq!(moved.sent().len(), 1);
    }
}

#[test]
fn no_request_follows_a_redirect_to_plain_http() {
    for (from, place) in [
        ("https://catalog.test/a", "http://catalog.test/a"),
        ("https://catalog.test/a", "http://localhost/a"),
        ("http://localhost:8787/a", "http://catalog.test/a"),
    ] {
        let moved = Scripted::new(vec![(301, vec![("location", place)], "")]);
        assert!(ask(&moved, from, false).unwrap_err().to_string().contains("not encrypted"), "{place}");
        assert_eq!(moved.sent().len(), 1);
    }
}

#[test]
fn a_request_that_changes_something_follows_no_redirect() {
    let moved = Scripted::new(vec![(308, vec![("location", "/b")], "")]);
    let post = Ask { body: Some("{}"), ..Ask::default() };
    assert!(exchange(&moved, &Url::parse("https://catalog.test/a").unwrap(), post).is_err());
}

#[test]
fn redirects_end_after_five() {
    let circle = Scripted::new((0..9).map(|_| (302, vec![("location", "/a")], "")).collect());
    assert!(ask(&circle, "https://catalog.test/a", false).unwrap_err().to_string().contains("in a circle"));
    assert_eq!(circle.sent().len(), 6);
}

#[test]
fn a_refusal_has_its_code_and_an_unknown_code_stays_a_text() {
    let body = r#"{"code": "MACHINE_LIMIT_REACHED", "detail": "All 5 machines are in use.", "request_id": "r1"}"#;
    let error = ask(&Scripted::new(vec![(409, vec![], body)]), "https://catalog.test/", true).unwrap_err();
    assert_eq!(error.code(), Some(&crate::ProblemCode::MachineLimitReached));
    assert_eq!(error.to_string(), "All 5 machines are in use. (MACHINE_LIMIT_REACHED) [request r1]");

    let newer = Scripted::new(vec![(403, vec![], r#"{"code": "LICENSE_ASLEEP"}"#)]);
    let error = ask(&newer, "https://catalog.test/", true).unwrap_err();
    assert_eq!(error.code().map(|code| code.as_str()), Some("LICENSE_ASLEEP"));
}

#[test]
fn an_answer_of_a_proxy_is_not_taken_for_the_catalogs() {
    let page = Scripted::new(vec![(403, vec![], "<html>Blocked by your company</html>")]);
    let error = ask(&page, "https://catalog.test/", true).unwrap_err();
    assert!(matches!(error, Error::NotTheCatalog { status: 403, .. }));
    assert!(!error.is_temporary());
}

#[test]
fn an_unreachable_catalog_is_named_without_path_and_secret() {
    let error = ask(&Scripted::new(vec![]), "https://catalog.test/dl/secret-link", true).unwrap_err();
    assert_eq!(error.to_string(), "https://catalog.test cannot be reached: connection refused.");
}

#[test]
fn a_busy_catalog_is_asked_again_and_a_refusal_is_not() {
    let url = Url::parse("https://catalog.test/").unwrap();
    let retries = Retries { attempts: 3, longest_wait: Duration::from_secs(1) };
    let busy = (503, vec![("retry-after", "0")], r#"{"code": "SERVICE_UNAVAILABLE"}"#);
    let later = Scripted::new(vec![busy.clone(), busy, (200, vec![], "{}")]);
    assert!(repeat(retries, || exchange(&later, &url, Ask::default())).is_ok());

    let long = Scripted::new(vec![(429, vec![("retry-after", "60")], r#"{"code": "RATE_LIMITED"}"#)]);
    let error = repeat(retries, || exchange(&long, &url, Ask::default())).unwrap_err();
    assert_eq!((error.retry_after(), long.sent().len()), (Some(60), 1));

    let refused = Scripted::new(vec![(403, vec![], r#"{"code": "LICENSE_REVOKED"}"#)]);
    assert!(repeat(retries, || exchange(&refused, &url, Ask::default())).is_err());
    assert_eq!(refused.sent().len(), 1);
}
