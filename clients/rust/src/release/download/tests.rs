use super::*;
use crate::exchange::Retries;
use crate::transport::{Request, Response, Transport};
use std::sync::{Arc, Mutex};

const CONTENT: &[u8] = b"0123456789";

/// A body that breaks off after some bytes.
struct Broken(&'static [u8]);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::new(io::ErrorKind::ConnectionReset, "connection reset")),
            length => Ok(length),
        }
    }
}

type Answer = (u16, Option<&'static str>, Box<dyn Read + Send>);

/// A server of one file, which answers from a list and keeps the ranges that it was asked for.
#[derive(Default)]
struct Server {
    answers: Mutex<Vec<Answer>>,
    ranges: Mutex<Vec<Option<String>>>,
}

impl Transport for Server {
    fn send(&self, request: &Request) -> Result<Response, String> {
        let header =
            |wanted: &str| request.headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone());
        // RFC 9110, 13.1.5: a Range does not count for another ETag, and R2's is not the sum of the file.
        self.ranges.lock().unwrap().push(header("Range").filter(|_| header("If-Range").is_none()));
        let (status, range, body) = self.answers.lock().unwrap().remove(0);
        let headers = range.map(|range| ("content-range".to_owned(), range.to_owned())).into_iter().collect();
        Ok(Response { status, headers, body })
    }
}

/// Downloads with these answers. Returns the outcome, the bytes on the disk, and the ranges that were asked for.
fn run(
    present: &[u8],
    answers: Vec<Answer>,
    progress: &mut Progress<'_>,
) -> (Result<FileDigest, Error>, Vec<u8>, Vec<Option<String>>) {
    let server = Arc::new(Server { answers: Mutex::new(answers), ..Server::default() });
    let catalog = Catalog::with_transport("https://catalog.test", server.clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let part = folder.path().join("part");
    std::fs::write(&part, present).unwrap();
    let sha256 = FileDigest::of(CONTENT).sha256;
    let url = Url::parse("https://catalog.test/dl/x").unwrap();
    let mut link = || Ok(LinkedFile { url: url.clone(), size: CONTENT.len() as u64, sha256: sha256.clone() });
    let outcome = download(&catalog.with_retries(Retries::NONE), &part, &mut link, progress);
    let ranges = server.ranges.lock().unwrap().clone();
    (outcome, std::fs::read(&part).unwrap(), ranges)
}

fn all(present: &[u8], answers: Vec<Answer>) -> (Result<FileDigest, Error>, Vec<u8>, Vec<Option<String>>) {
    run(present, answers, &mut |_, _| ControlFlow::Continue(()))
}

#[test]
fn a_download_goes_on_after_the_bytes_that_arrived() {
    let (digest, bytes, ranges) = all(
        b"",
        vec![
            (200, None, Box::new(Broken(b"0123"))),
            (206, Some("bytes 4-9/10"), Box::new(Broken(b"45"))),
            (206, Some("bytes 6-9/10"), Box::new(&b"6789"[..])),
        ],
    );
    assert_eq!(digest.unwrap(), FileDigest::of(CONTENT));
    assert_eq!(bytes, CONTENT);
    assert_eq!(ranges, [None, Some("bytes=4-".to_owned()), Some("bytes=6-".to_owned())]);
}

#[test]
fn a_download_begins_anew_behind_a_proxy_that_strips_the_range() {
    let (digest, bytes, _) = all(b"0123", vec![(200, None, Box::new(CONTENT))]);
    assert_eq!(digest.unwrap(), FileDigest::of(CONTENT));
    assert_eq!(bytes, CONTENT);
}

#[test]
fn a_download_that_begins_anew_each_time_ends() {
    // Each second attempt has more bytes than the one before, and none has more than the second.
    let breaks =
        (0..40).map(|at| -> Answer { (200, None, Box::new(Broken(if at % 2 == 0 { b"01" } else { b"0123" }))) });
    let (outcome, _, ranges) = all(b"", breaks.collect());
    assert!(matches!(outcome, Err(Error::Unreachable { .. })), "{outcome:?}");
    assert_eq!(ranges.len(), 2 + FRUITLESS_ATTEMPTS as usize);
}

#[test]
fn a_busy_server_is_asked_again_when_it_said_and_not_before() {
    let busy = br#"{"code": "RATE_LIMITED", "retry_after": 60}"#;
    let (outcome, bytes, ranges) = all(b"0123", vec![(429, None, Box::new(&busy[..]))]);
    assert_eq!(outcome.unwrap_err().retry_after(), Some(60));
    assert_eq!((&bytes[..], ranges.len()), (&b"0123"[..], 1));
}

#[test]
fn a_link_to_r2_that_has_ended_is_asked_for_again() {
    let xml = b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let (digest, bytes, ranges) =
        all(b"0123", vec![(403, None, Box::new(&xml[..])), (206, Some("bytes 4-9/10"), Box::new(&b"456789"[..]))]);
    assert_eq!(digest.unwrap(), FileDigest::of(CONTENT));
    assert_eq!((bytes.as_slice(), ranges.len()), (CONTENT, 2));
}

#[test]
fn the_debug_text_of_a_linked_file_hides_its_address() {
    let url = Url::parse("https://catalog.test/dl/SECRET?sig=SECRET").unwrap();
    let text = format!("{:?}", LinkedFile { url, size: 1, sha256: "0".repeat(64) });
    assert!(!text.contains("SECRET") && text.contains("https://catalog.test"), "{text}");
}

#[test]
fn a_finished_part_needs_no_request_and_a_longer_one_is_none() {
    let (digest, _, ranges) = all(CONTENT, vec![]);
    assert_eq!((digest.unwrap(), ranges.len()), (FileDigest::of(CONTENT), 0));
    let (digest, _, ranges) = all(b"01234567890123", vec![(200, None, Box::new(CONTENT))]);
    assert_eq!((digest.unwrap(), ranges), (FileDigest::of(CONTENT), vec![None]));
}

#[test]
fn another_part_of_the_file_or_too_many_bytes_end_the_download() {
    let (outcome, bytes, _) = all(b"0123", vec![(206, Some("bytes 0-9/10"), Box::new(CONTENT))]);
    assert!(matches!(outcome, Err(Error::Integrity(_))));
    assert_eq!(bytes, b"0123");
    let (outcome, ..) = all(b"", vec![(200, None, Box::new(&b"0123456789x"[..]))]);
    assert!(matches!(outcome, Err(Error::Integrity(_))));
}

#[test]
fn a_refusal_ends_the_download_and_keeps_its_bytes() {
    let body = br#"{"code": "LICENSE_REVOKED", "detail": "The license has been revoked."}"#;
    let (outcome, bytes, _) = all(b"0123", vec![(403, None, Box::new(&body[..]))]);
    assert_eq!(outcome.unwrap_err().code(), Some(&ProblemCode::LicenseRevoked));
    assert_eq!(bytes, b"0123");
}

#[test]
fn a_canceled_download_keeps_its_bytes() {
    let mut cancel =
        |present: u64, _: u64| if present > 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
    let (outcome, bytes, _) = run(b"0123", vec![(206, Some("bytes 4-9/10"), Box::new(&b"456789"[..]))], &mut cancel);
    assert!(matches!(outcome, Err(Error::Canceled)));
    assert_eq!(bytes, CONTENT);
}
