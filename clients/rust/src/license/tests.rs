use super::*;
use std::io::Write;

const KEY: &str = "rbee_lic_0DJ5JPHB5QKS1V5XQ7C8SD8R6C0003Y2B7X9E1M4K6P0T5W8ZA3CF0";

fn key() -> String {
    // The last symbol has three spare bits.
    format!("{}0", &KEY[..KEY_PREFIX.len() + KEY_SYMBOLS - 1])
}

fn parsed(text: &str) -> Option<String> {
    License::parse(text, "the test").ok().map(|license| license.secret().expose().to_owned())
}

#[test]
fn a_key_loses_all_that_a_copy_has_gained() {
    let key = key();
    let hyphened = format!("{}-{}", &key[..20], &key[20..]);
    for text in [
        format!("{key}\r\n"),
        format!("\u{feff}{key}"),
        format!("\"{key}\""),
        format!("\u{201c}{key}\u{201d}"),
        format!(" \u{200b}{}\u{ad}{}", &key[..30], &key[30..]),
        hyphened,
    ] {
        assert_eq!(parsed(&text).as_deref(), Some(key.as_str()), "{text:?}");
    }
}

#[test]
fn a_key_tells_the_license_that_it_is_of() {
    let license = License::parse(&key(), "the test").unwrap();
    assert!(license.is_key_of("lic_0dj5jphb5qks1v5xq7c8sd8r6c"));
    assert!(!license.is_key_of("lic_0dj5jphb5qks1v5xq7c8sd8r7c"));
    assert!(!license.is_key_of("lic_0dj5"));
    // A program may wrap any text.
    assert!(!License::Key(Secret::new("short")).is_key_of("lic_0dj5jphb5qks1v5xq7c8sd8r6c"));
}

#[test]
fn a_token_keeps_its_hyphens() {
    assert_eq!(parsed(" eyJhbGci.e-y_J.s-g\n").as_deref(), Some("eyJhbGci.e-y_J.s-g"));
}

#[test]
fn any_other_text_is_refused_and_not_repeated() {
    let typed = "rbee_lic_tooshort";
    for text in ["", "hunter2", "rbee_adm_abc", typed] {
        let error = License::parse(text, "RBEE_LICENSE_KEY").unwrap_err().to_string();
        assert!(error.starts_with("RBEE_LICENSE_KEY holds neither"), "{error}");
        assert!(text.is_empty() || !error.contains(text), "{error}");
    }
}

#[test]
fn a_license_is_read_from_a_file() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "'{}'", key()).unwrap();
    assert_eq!(License::from_file(file.path()).unwrap(), License::Key(Secret::new(key())));
    assert!(matches!(License::from_file(Path::new("/nowhere/license")), Err(Error::File { .. })));
}
