use crate::catalog::Catalog;
use crate::encoding::decode_base64url;
use crate::error::Error;
use crate::token::claims::Claims;
use crate::token::jws::{open, TOLERANCE};
use crate::token::verify::{Verifier, Why};
use flate2::read::ZlibDecoder;
use serde::Deserialize;
use std::io::Read;

const LIST_TYPE: &str = "statuslist+jwt";
/// Far above the size of a list. A bomb stops here.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// A status list (IETF Token Status List) whose signature has been verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    bits: u8,
    bytes: Vec<u8>,
    made_at: i64,
    ends_at: i64,
    ttl: Option<i64>,
}

/// The status of a machine's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenStatus {
    /// In force.
    Valid,
    /// Ended for good: revoked, or the machine or the key was replaced.
    Invalid,
    /// Suspended or expired, which can end.
    Suspended,
}

/// The reason why a status list cannot be relied on. The status of a token is then unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatusFault {
    /// Its form, key, type, issuer or signature is wrong.
    NotGenuine(Why),
    /// It is the list of another address.
    Subject,
    /// It has ended. Fetch it again.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// Its size of a place is none of 1, 2, 4 and 8 bits.
    Bits,
    /// It is not deflated by zlib, or too large.
    Deflate,
    /// It has no such place.
    Range,
}

#[derive(Deserialize)]
struct ListClaims {
    iss: String,
    sub: String,
    iat: i64,
    #[serde(default)]
    nbf: Option<i64>,
    exp: i64,
    #[serde(default)]
    ttl: Option<i64>,
    status_list: Packed,
}

#[derive(Deserialize)]
struct Packed {
    bits: u8,
    lst: String,
}

impl StatusList {
    /// When the list was made, in Unix seconds. It is evidence of the time ([`Clock::witness`](crate::Clock::witness)).
    pub fn made_at(&self) -> i64 {
        self.made_at
    }

    /// The time after which a verifier should fetch the list again, in Unix seconds.
    pub fn fetch_after(&self) -> i64 {
        self.ends_at.min(self.made_at.saturating_add(self.ttl.unwrap_or(60)))
    }

    /// The status at a place.
    ///
    /// # Errors
    /// [`StatusFault::Range`] if the list has no such place.
    pub fn status_at(&self, idx: u64) -> Result<TokenStatus, StatusFault> {
        let per_byte = u64::from(8 / self.bits);
        let at = usize::try_from(idx / per_byte).map_err(|_| StatusFault::Range)?;
        let byte = *self.bytes.get(at).ok_or(StatusFault::Range)?;
        let shift = (idx % per_byte) as u8 * self.bits;
        let mask = ((1_u16 << self.bits) - 1) as u8;
        Ok(match (byte >> shift) & mask {
            0 => TokenStatus::Valid,
            2 => TokenStatus::Suspended,
            // 1 is invalid. A value without a meaning here opens nothing.
            _ => TokenStatus::Invalid,
        })
    }
}

impl Verifier {
    /// The status list in a text that was fetched from `uri`, if this catalog signed it and it is in force at `now`.
    ///
    /// # Errors
    /// The first fault.
    pub fn status_list(&self, text: &str, uri: &str, now: i64) -> Result<StatusList, StatusFault> {
        let claims: ListClaims = open(text.trim(), LIST_TYPE, &self.keys, now).map_err(StatusFault::NotGenuine)?;
        if claims.iss != self.issuer {
            return Err(StatusFault::NotGenuine(Why::Issuer));
        }
        if claims.sub != uri {
            return Err(StatusFault::Subject);
        }
        if claims.nbf.unwrap_or(claims.iat) > now.saturating_add(TOLERANCE) {
            return Err(StatusFault::NotYetValid);
        }
        if claims.exp <= now.saturating_sub(TOLERANCE) {
            return Err(StatusFault::Expired);
        }
        let Packed { bits, lst } = claims.status_list;
        if !matches!(bits, 1 | 2 | 4 | 8) {
            return Err(StatusFault::Bits);
        }
        let bytes = decode_base64url(&lst).and_then(|deflated| inflate(&deflated)).ok_or(StatusFault::Deflate)?;
        Ok(StatusList { bits, bytes, made_at: claims.iat, ends_at: claims.exp, ttl: claims.ttl })
    }
}

fn inflate(deflated: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = ZlibDecoder::new(deflated).take(MOST_BYTES + 1).read_to_end(&mut bytes);
    match read {
        Ok(length) if length as u64 <= MOST_BYTES => Some(bytes),
        _ => None,
    }
}

impl Catalog {
    /// The text of the status list that a token names. Verify it by [`Verifier::status_list`]. Keep it until
    /// [`StatusList::fetch_after`].
    ///
    /// # Errors
    /// As every call. [`Error::Redirect`] if the list is not at this catalog.
    pub fn status_list_text(&self, claims: &Claims) -> Result<String, Error> {
        let url = crate::address::checked_link(&claims.status.status_list.uri, self.origin())?;
        if url.origin() != self.origin().origin() {
            let reason = format!("the status of its tokens to {}", crate::address::origin_of(&url));
            return Err(Error::Redirect { from: self.issuer(), reason });
        }
        self.get_text(&url)
    }
}
