use base64::{Config, STANDARD, URL_SAFE_NO_PAD};
use ring::rand::{SecureRandom, SystemRandom};

/// The bytes of a base64url text without padding, or `None`. Only the canonical spelling is accepted.
pub(crate) fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    decode(text, URL_SAFE_NO_PAD)
}

/// The `length` bytes of a canonical base64 text, or `None`.
pub(crate) fn decode_base64(text: &str, length: usize) -> Option<Vec<u8>> {
    decode(text, STANDARD).filter(|bytes| bytes.len() == length)
}

/// Bytes as base64url without padding.
pub(crate) fn encode_base64url(bytes: &[u8]) -> String {
    base64::encode_config(bytes, URL_SAFE_NO_PAD)
}

/// Bytes as lower-case hexadecimal.
pub(crate) fn encode_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().to_vec()
}

/// Whether an Ed25519 signature (RFC 8032) of a message verifies. False for a key or signature of a wrong length.
pub(crate) fn verify_ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key).verify(message, signature).is_ok()
}

/// Twelve random symbols for the name of a file of one's own.
pub(crate) fn random_name() -> String {
    let mut bytes = [0; 6];
    // Without randomness the process number beside it still tells runs apart.
    let _ = SystemRandom::new().fill(&mut bytes);
    encode_hex(&bytes)
}

fn decode(text: &str, config: Config) -> Option<Vec<u8>> {
    let bytes = base64::decode_config(text, config).ok()?;
    if base64::encode_config(&bytes, config) == text {
        Some(bytes)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_one_spelling() {
        assert_eq!(decode_base64url("AQ"), Some(vec![1]));
        assert_eq!(decode_base64url("AR"), None);
        assert_eq!(decode_base64url("AQ=="), None);
        assert_eq!(decode_base64("AQ==", 1), Some(vec![1]));
        assert_eq!(decode_base64("AQ==", 2), None);
    }

    #[test]
    fn hex_and_sha256_agree_with_fips_180() {
        let digest = encode_hex(&sha256(b"abc"));
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
