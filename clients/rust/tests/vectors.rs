//! The test vectors of `docs/vectors`, which the Worker and every client are tested with. `RBEE_VECTORS` names their
//! folder for a copy of this crate outside of the repository.

use rbee_catalog_client::{
    fingerprint_of_machine_id, verify_file, Clock, Coverage, FileDigest, Grant, IndexTexts, KeySet, License,
    PublishedFile, ReleaseKeys, SeenIndexes, StatusFault, TokenFault, TokenStatus, Verifier, Why,
};
use serde_json::Value;
use std::path::PathBuf;

/// The cases of a file, each with the members of the file that it does not have itself.
fn cases(file: &str) -> Vec<Value> {
    let folder = std::env::var_os("RBEE_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors"), PathBuf::from);
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let mut shared: Value = serde_json::from_str(&text).unwrap();
    let cases = shared.as_object_mut().unwrap().remove("cases").unwrap();
    let cases = cases.as_array().unwrap().iter().map(|case| {
        let mut whole = shared.clone();
        whole.as_object_mut().unwrap().extend(case.as_object().unwrap().clone());
        whole
    });
    let cases: Vec<Value> = cases.collect();
    assert!(cases.len() > 5, "{file}");
    cases
}

fn text<'a>(case: &'a Value, member: &str) -> &'a str {
    case[member].as_str().unwrap_or_else(|| panic!("{case} has no {member}"))
}

/// The time to decide by.
fn time(case: &Value) -> i64 {
    Clock::new(case["seen"].as_i64().unwrap_or(0)).now(case["now"].as_i64().unwrap())
}

fn verifier(case: &Value) -> Verifier {
    Verifier::new(text(case, "issuer"), KeySet::parse(&case["jwks"].to_string()).unwrap())
}

/// The words of the vectors for a fault.
fn word(why: Why) -> &'static str {
    match why {
        Why::TooLong => "too_long",
        Why::Malformed => "malformed",
        Why::UnknownKey => "unknown_key",
        Why::Algorithm => "algorithm",
        Why::Type => "type",
        Why::Header => "header",
        Why::Signature => "signature",
        Why::Claims => "claims",
        Why::Issuer => "issuer",
        Why::Audience => "audience",
        Why::NotYetValid => "not_yet_valid",
        _ => "another",
    }
}

/// Compares the fault. A text that this crate cannot even read may have a finer one.
fn compare_why(case: &Value, own: Option<&str>) {
    let own = own.filter(|own| !matches!(*own, "malformed" | "claims"));
    if let (Some(expected), Some(own)) = (case["expected"]["why"].as_str(), own) {
        assert_eq!(own, expected, "{}", case["name"]);
    }
}

#[test]
fn license_keys_lose_what_a_copy_has_gained() {
    for case in cases("license-keys.json") {
        let expected = &case["expected"];
        let parsed = License::parse(text(&case, "input"), "the vector");
        let kind = match &parsed {
            Ok(License::Key(_)) => "key",
            Ok(License::Token(_)) => "token",
            Err(_) => "refused",
        };
        let wanted = match (text(expected, "kind"), &expected["well_formed"]) {
            ("key", Value::Bool(false)) | ("other", _) => "refused",
            (kind, _) => kind,
        };
        assert_eq!(kind, wanted, "{}", case["name"]);
        if let Ok(license) = parsed {
            assert_eq!(license.secret().expose(), text(expected, "clean"), "{}", case["name"]);
        }
    }
}

fn check_token(case: &Value) {
    let fingerprint = case["fingerprint"].as_str();
    let (code, why) = match verifier(case).verify(text(case, "token"), fingerprint, time(case)) {
        Ok(claims) => {
            let expected = &case["expected"]["claims"];
            if expected.is_object() {
                assert_eq!(expected["sub"], claims.sub.as_str());
                assert_eq!(expected["machine"], claims.machine.as_str());
                assert_eq!(expected["exp"], claims.exp);
                assert_eq!(expected["versions"], claims.grant.versions.as_str());
                assert_eq!(expected["status"]["status_list"]["idx"], claims.status.status_list.idx);
            }
            ("VALID".to_owned(), None)
        }
        Err(TokenFault::Invalid(why)) => ("TOKEN_INVALID".to_owned(), Some(word(why))),
        Err(fault) => (fault.code().as_str().to_owned(), None),
    };
    assert_eq!(code, text(&case["expected"], "code"), "{}", case["name"]);
    compare_why(case, why);
}

#[test]
fn license_tokens_verify_offline() {
    cases("license-tokens.json").iter().for_each(check_token);
}

#[test]
fn key_sets_give_the_keys_that_can_be_used() {
    cases("key-sets.json").iter().for_each(check_token);
}

#[test]
fn grants_cover_workers_and_versions() {
    for case in cases("coverage.json") {
        let grant: Grant = serde_json::from_value(case["grant"].clone()).unwrap();
        let covered = grant.coverage(text(&case, "worker_id"), text(&case, "version"), case["published_at"].as_i64());
        let code = match covered {
            Coverage::Covered => "VALID",
            Coverage::NotEntitled => "NOT_ENTITLED",
            Coverage::VersionNotCovered => "VERSION_NOT_COVERED",
        };
        assert_eq!(code, text(&case["expected"], "code"), "{}", case["name"]);
    }
}

#[test]
fn status_lists_tell_of_a_place_or_prove_nothing() {
    for case in cases("status-lists.json") {
        let list = verifier(&case).status_list(text(&case, "list"), text(&case, "uri"), time(&case));
        let found = list.and_then(|list| list.status_at(case["idx"].as_u64().unwrap_or(u64::MAX)));
        let status = match found {
            Ok(TokenStatus::Valid) => "valid",
            Ok(TokenStatus::Suspended) => "suspended",
            Ok(_) => "invalid",
            Err(_) => "unknown",
        };
        assert_eq!(status, text(&case["expected"], "status"), "{}", case["name"]);
        let why = found.err().map(|fault| match fault {
            StatusFault::NotGenuine(Why::Claims) => "malformed",
            StatusFault::NotGenuine(why) => word(why),
            StatusFault::Subject => "subject",
            StatusFault::Expired => "expired",
            StatusFault::NotYetValid => "not_yet_valid",
            StatusFault::Bits => "bits",
            StatusFault::Deflate => "deflate",
            StatusFault::Range => "range",
            _ => "another",
        });
        compare_why(&case, why);
    }
}

#[test]
fn signatures_verify_with_the_names_that_they_carry() {
    for case in cases("signatures.json") {
        let file = &case["file"];
        let published = PublishedFile {
            worker_id: text(file, "worker_id").to_owned(),
            version: text(file, "version").to_owned(),
            filename: text(file, "filename").to_owned(),
            size: file["size"].as_u64().unwrap(),
            sha256: text(file, "sha256").to_owned(),
        };
        let digest = FileDigest::of(text(&case, "content").as_bytes());
        let keys = ReleaseKeys::parse(text(&case, "public_keys")).unwrap();
        let verdict = verify_file(&digest, &published, text(&case, "minisig"), &keys);
        let code = if verdict.is_ok() { "VALID" } else { "REFUSED" };
        assert_eq!(code, text(&case["expected"], "code"), "{}: {verdict:?}", case["name"]);
    }
}

#[test]
fn indexes_are_trusted_from_the_release_key_down() {
    for case in cases("release-indexes.json") {
        let worker = text(&case, "worker_id");
        let texts = IndexTexts {
            index: text(&case, "index").to_owned(),
            index_signature: text(&case, "index_minisig").to_owned(),
            key: text(&case, "index_key").to_owned(),
            key_signature: text(&case, "index_key_minisig").to_owned(),
        };
        let serial = case["seen"]["serial"].as_u64().unwrap();
        let delegated_at = case["seen"]["delegated_at"].as_i64().unwrap();
        let mut seen = SeenIndexes { delegated_at, serials: [(worker.to_owned(), serial)].into() };
        let keys = ReleaseKeys::parse(text(&case, "release_keys")).unwrap();
        let expected = &case["expected"];
        match texts.verify(worker, &keys, &mut seen, time(&case)) {
            Ok(index) => {
                assert_eq!("VALID", text(expected, "code"), "{}", case["name"]);
                assert_eq!(Some(index.serial), expected["serial"].as_u64(), "{}", case["name"]);
                assert_eq!(index.latest.as_deref(), expected["latest"].as_str(), "{}", case["name"]);
                assert_eq!(Some(seen.delegated_at), expected["delegated_at"].as_i64(), "{}", case["name"]);
            }
            Err(fault) => {
                assert_eq!("REFUSED", text(expected, "code"), "{}: {}", case["name"], fault.reason);
                assert_eq!(Some(fault.may_settle), expected["retry"].as_bool(), "{}", case["name"]);
            }
        }
    }
}

#[test]
fn fingerprints_are_made_and_hashed_alike() {
    for case in cases("fingerprints.json") {
        if let Some(id) = case["machine_id"].as_str() {
            let expected = case["expected"]["fingerprint"].as_str();
            assert_eq!(fingerprint_of_machine_id(id).as_deref(), expected, "{}", case["name"]);
        } else {
            let own = rbee_catalog_client::machine_hash(text(&case, "license_id"), text(&case, "fingerprint"));
            assert_eq!(own.as_deref(), case["expected"]["machine"].as_str(), "{}", case["name"]);
        }
    }
}
