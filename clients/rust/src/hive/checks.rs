use super::Hive;
use crate::error::Error;
use crate::grant::Coverage;
use crate::release::index::ReleaseIndex;
use crate::time::current_time;
use crate::token::claims::Claims;
use crate::token::status_list::TokenStatus;
use crate::token::verify::{TokenFault, Verifier, Why};
use std::time::Duration;

/// After a release, a server may serve its old copy of an index for ten seconds.
const SETTLING_ATTEMPTS: u32 = 12;
const SETTLING_PAUSE: Duration = Duration::from_secs(1);

impl Hive {
    /// The signed list of a worker's versions, from the pinned release keys down, and not older than one seen before.
    ///
    /// # Errors
    /// [`Error::Integrity`] if it cannot be trusted, and as every call.
    pub fn release_index(&mut self, worker_id: &str) -> Result<ReleaseIndex, Error> {
        self.refresh()?;
        let keys = self.release_keys()?;
        let mut attempt = 1;
        loop {
            let texts = self.catalog.index_texts(worker_id)?;
            let now = self.state.clock.now(current_time());
            match texts.verify(worker_id, &keys, &mut self.state.indexes, now) {
                Ok(index) => return self.save().map(|()| index),
                Err(fault) if fault.may_settle && attempt < SETTLING_ATTEMPTS => std::thread::sleep(SETTLING_PAUSE),
                Err(fault) => {
                    return Err(Error::Integrity(format!("The index of {worker_id} is refused: {}", fault.reason)));
                }
            }
            attempt += 1;
        }
    }

    /// Whether the license covers an installed premium worker, without a network: by the token and the keys of the last
    /// contact. Ask it before the worker is started.
    ///
    /// # Errors
    /// [`Error::LicenseMissing`] without a token, [`Error::Token`] for one that does not verify any more, for example
    /// because it has ended.
    pub fn covers_offline(&mut self, worker_id: &str, version: &str) -> Result<(Coverage, Claims), Error> {
        self.refresh()?;
        let missing = || Error::LicenseMissing { worker_id: worker_id.to_owned() };
        let (claims, _) = self.verified()?.ok_or_else(missing)?;
        self.state.clock.witness(claims.iat);
        self.save()?;
        Ok((claims.grant.coverage(worker_id, version, None), claims))
    }

    /// The status of the token in the catalog's status list. It tells of a revocation, a removal or a new key within 90
    /// seconds, without a use of the token. `None` without a token.
    ///
    /// # Errors
    /// [`Error::Token`] and [`Error::Integrity`] for a token or list that does not verify, and as every call.
    pub fn token_status(&mut self) -> Result<Option<TokenStatus>, Error> {
        self.refresh()?;
        self.state.key_set = Some(self.catalog.key_set()?);
        let (claims, verifier) = match self.verified()? {
            Some(verified) => verified,
            None => return Ok(None),
        };
        let text = self.catalog.status_list_text(&claims)?;
        let place = &claims.status.status_list;
        let now = self.state.clock.now(current_time());
        let refuse = |fault| Error::Integrity(format!("The status list proves nothing: {fault:?}."));
        let list = verifier.status_list(&text, &place.uri, now).map_err(refuse)?;
        let status = list.status_at(place.idx).map_err(refuse)?;
        self.state.clock.witness(list.made_at());
        self.save().map(|()| Some(status))
    }

    /// The claims of the token at hand, by the keys of the last contact. `None` without a token.
    pub(super) fn verified(&self) -> Result<Option<(Claims, Verifier)>, Error> {
        let (token, fingerprint) = match self.machine.held_token() {
            Some(held) => held,
            None => return Ok(None),
        };
        let keys = self.state.key_set.clone().ok_or(TokenFault::Invalid(Why::UnknownKey))?;
        let verifier = Verifier::new(self.catalog.issuer(), keys);
        let claims = verifier.verify(token.expose(), Some(fingerprint), self.state.clock.now(current_time()))?;
        Ok(Some((claims, verifier)))
    }
}
