use crate::encoding::{decode_base64url, verify_ed25519};
use crate::token::key_set::KeySet;
use crate::token::verify::Why;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The tolerated difference of two clocks, in seconds.
pub(crate) const TOLERANCE: i64 = 60;

/// The payload of a JWS in compact form, after its signature has proved genuine. `alg` and `typ` are pinned, and `kid`
/// chooses among the catalog's own keys. So neither `alg: none` nor an HMAC under a public key is tried.
pub(crate) fn open<T: DeserializeOwned>(text: &str, typ: &str, keys: &KeySet, now: i64) -> Result<T, Why> {
    let parts: Vec<&str> = text.split('.').collect();
    let (head, payload, signature) = match parts[..] {
        [head, payload, signature] => (head, payload, signature),
        _ => return Err(Why::Malformed),
    };
    // Only the canonical spelling of a signature, so that a token has one text.
    let signature = decode_base64url(signature).filter(|bytes| bytes.len() == 64).ok_or(Why::Malformed)?;
    let header: Map<String, Value> = decode_json(head).ok_or(Why::Malformed)?;
    let named = |member: &str| header.get(member).and_then(Value::as_str);
    let key = named("kid").and_then(|kid| keys.key(kid, now)).ok_or(Why::UnknownKey)?;
    if named("alg") != Some("EdDSA") {
        return Err(Why::Algorithm);
    }
    // Extensions that a reader must understand (RFC 7515, section 4.1.11). This one understands none.
    if header.contains_key("crit") {
        return Err(Why::Header);
    }
    if !is_type(named("typ"), typ) {
        return Err(Why::Type);
    }
    let signed = &text[..head.len() + 1 + payload.len()];
    if !verify_ed25519(&key, signed.as_bytes(), &signature) {
        return Err(Why::Signature);
    }
    decode_json(payload).ok_or(Why::Claims)
}

/// Whether a `typ` is the wanted one. RFC 7515, section 4.1.9: case does not matter, `application/` may stand before.
fn is_type(typ: Option<&str>, wanted: &str) -> bool {
    typ.map_or(false, |typ| {
        let typ = typ.to_ascii_lowercase();
        typ.strip_prefix("application/").unwrap_or(&typ) == wanted
    })
}

fn decode_json<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&decode_base64url(part)?).ok()
}
