use super::Hive;
use crate::error::Error;
use crate::time::current_time;
use crate::token::verify::{TokenFault, Verifier, Why};

impl Hive {
    /// Takes the facts that the file has now. Another hive of this user, such as a command beside a daemon, may have
    /// stored newer ones.
    pub(super) fn refresh(&mut self) -> Result<(), Error> {
        self.state = self.file.load()?.of_catalog(self.catalog.issuer());
        self.machine.take_seat(self.state.seat.clone());
        Ok(())
    }

    /// Stores the facts, with those that another hive has stored since [`Hive::refresh`].
    pub(super) fn save(&mut self) -> Result<(), Error> {
        let system = current_time();
        let is_fresh = self.machine.seat() != self.state.seat.as_ref();
        let stored = self.file.load()?.of_catalog(self.catalog.issuer());
        if !is_fresh {
            self.machine.take_seat(stored.seat.clone());
        }
        self.state.take_newer(stored);
        self.state.seat = self.machine.seat().cloned();
        let has_unknown_key = matches!(self.verified(), Err(Error::Token(TokenFault::Invalid(Why::UnknownKey))));
        if (is_fresh && self.state.seat.is_some()) || has_unknown_key {
            self.learn_keys();
        }
        if is_fresh {
            self.prove_time(system);
        }
        self.state.clock.witness(system);
        self.file.save(&self.state)
    }

    /// Fetches the keys that verify tokens. If the catalog does not answer, the known ones stay, and a later call
    /// fetches them.
    fn learn_keys(&mut self) {
        if let Ok(keys) = self.catalog.key_set() {
            self.state.key_set = Some(keys);
        }
    }

    /// Puts the clock right by the token that the catalog has just made, also if the clock was once far ahead.
    fn prove_time(&mut self, system: i64) {
        if let (Some(fresh), Some(keys)) = (&self.state.seat, &self.state.key_set) {
            let verifier = Verifier::new(self.catalog.issuer(), keys.clone());
            if let Ok(claims) = verifier.verify(fresh.token.expose(), Some(&fresh.fingerprint), system) {
                self.state.clock.reset(claims.iat);
            }
        }
    }
}
