use crate::encoding::{encode_hex, sha256};
use crate::error::Error;

/// The machine id of Linux, which is unique to an installation (machine-id(5)).
const MACHINE_ID_FILES: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

/// The fingerprint of this machine, as `rbee-catalog` and `install.sh` make it: `RBEE_MACHINE`, else a hash of the
/// system's machine id. Containers of one image may share that id, so give each a `RBEE_MACHINE` of its own.
///
/// # Errors
/// [`Error::NoFingerprint`] on a system without a machine id. Pass a text of your own then, which you store.
pub fn machine_fingerprint() -> Result<String, Error> {
    if let Some(named) = std::env::var("RBEE_MACHINE").ok().filter(|named| !named.is_empty()) {
        return Ok(named);
    }
    MACHINE_ID_FILES
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .find_map(|text| fingerprint_of_machine_id(&text))
        .ok_or(Error::NoFingerprint)
}

/// The fingerprint that belongs to the text of `/etc/machine-id`; `None` if the text is no machine id. The id itself
/// stays private, because machine-id(5) asks for that.
pub fn fingerprint_of_machine_id(text: &str) -> Option<String> {
    let id = text.trim();
    let is_id = id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_id {
        Some(encode_hex(&sha256(format!("rbee-hive:{id}").as_bytes())))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_machine_id_has_no_fingerprint() {
        for text in ["", "uninitialized", "0123456789ABCDEF0123456789ABCDEF", "0123"] {
            assert_eq!(fingerprint_of_machine_id(text), None, "{text}");
        }
    }
}
