use crate::activation::ActivationRequest;
use crate::catalog::Catalog;
use crate::error::Error;
use crate::license::License;
use crate::seat::{is_about_the_token, Renewal, Seat};
use crate::secret::Secret;

/// A machine with its license: it activates itself at the first need, and renews its token in time.
#[derive(Debug, Clone)]
pub struct LicensedMachine {
    license: Option<License>,
    activation: ActivationRequest,
    seat: Option<Seat>,
}

impl LicensedMachine {
    /// A machine by its fingerprint ([`machine_fingerprint`](crate::machine_fingerprint)). Without a license it gets
    /// free workers only.
    pub fn new(license: Option<License>, fingerprint: impl Into<String>) -> Self {
        LicensedMachine { license, activation: ActivationRequest::new(fingerprint), seat: None }
    }

    /// The same machine with a name for its owner, or with leases for a time without a network.
    pub fn with_activation(mut self, change: impl FnOnce(&mut ActivationRequest)) -> Self {
        change(&mut self.activation);
        self
    }

    /// The same machine with the seat that it had before. A seat with another fingerprint is dropped.
    pub fn with_seat(mut self, seat: Option<Seat>) -> Self {
        self.take_seat(seat);
        self
    }

    /// As [`LicensedMachine::with_seat`].
    pub(crate) fn take_seat(&mut self, seat: Option<Seat>) {
        self.seat = seat.filter(|seat| seat.fingerprint == self.activation.fingerprint);
    }

    /// The current seat, to be stored after each call that may have changed it.
    pub fn seat(&self) -> Option<&Seat> {
        self.seat.as_ref()
    }

    /// The token to send to a catalog at `now` (Unix seconds): of a seat, which is taken or renewed if need be, or the
    /// token that the machine was given. `None` without a license.
    ///
    /// # Errors
    /// The refusals of activation and renewal.
    pub fn token(&mut self, catalog: &Catalog, now: i64) -> Result<Option<Secret>, Error> {
        if let Some(License::Token(token)) = &self.license {
            return Ok(Some(token.clone()));
        }
        // Kept on a failure: the next attempt may succeed with it. A seat of another license than the key's is not
        // used.
        let is_own = |seat: &Seat| match &self.license {
            Some(license) => license.is_key_of(&seat.license_id),
            None => true,
        };
        let known = self.seat.clone().filter(|seat| seat.catalog == catalog.issuer() && is_own(seat));
        let seat = match (known, &self.license) {
            (Some(seat), _) => self.renewed(catalog, seat, now)?,
            (None, Some(License::Key(key))) => catalog.activate(key, &self.activation)?,
            (None, _) => return Ok(None),
        };
        let token = seat.token.clone();
        self.seat = Some(seat);
        Ok(Some(token))
    }

    /// The token to send in place of one that the catalog, or a [`Verifier`](crate::Verifier), has just refused with
    /// `error`: a new one by the license key. `None` if the refusal is not about the token, or there is no key.
    ///
    /// # Errors
    /// The refusals of activation.
    pub fn replaced(&mut self, catalog: &Catalog, error: &Error) -> Result<Option<Secret>, Error> {
        if is_about_the_token(error) {
            self.activate(catalog)
        } else {
            Ok(None)
        }
    }

    /// Takes a seat by the license key, also for a machine that its owner removed. Call it when a person asks for it.
    /// `None` without a key.
    ///
    /// # Errors
    /// As [`Catalog::activate`].
    pub fn activate(&mut self, catalog: &Catalog) -> Result<Option<Secret>, Error> {
        match &self.license {
            Some(License::Key(key)) => {
                let seat = catalog.activate(key, &self.activation)?;
                let token = seat.token.clone();
                self.seat = Some(seat);
                Ok(Some(token))
            }
            _ => Ok(None),
        }
    }

    /// The token at hand and the machine's fingerprint, without a look at the time.
    pub(crate) fn held_token(&self) -> Option<(&Secret, &str)> {
        let token = match (&self.license, &self.seat) {
            (Some(License::Token(token)), _) => token,
            (_, Some(seat)) => &seat.token,
            _ => return None,
        };
        Some((token, &self.activation.fingerprint))
    }

    /// Renews the seat's token if its time has come at `now` (Unix seconds). Without a seat nothing is due.
    ///
    /// # Errors
    /// As [`Catalog::renew_if_due`].
    pub fn renew_if_due(&mut self, catalog: &Catalog, now: i64) -> Result<Renewal, Error> {
        match &mut self.seat {
            Some(seat) => catalog.renew_if_due(seat, self.license.as_ref(), now),
            None => Ok(Renewal::NotDue),
        }
    }

    /// Frees the seat, if there is one.
    ///
    /// # Errors
    /// As [`Catalog::deactivate`]. The seat is kept then.
    pub fn deactivate(&mut self, catalog: &Catalog) -> Result<(), Error> {
        if let Some(seat) = &self.seat {
            let credential = match &self.license {
                Some(License::Key(key)) => key,
                _ => &seat.token,
            };
            catalog.deactivate(seat, credential)?;
            self.seat = None;
        }
        Ok(())
    }

    /// A seat with a token for `now`. If its token no longer helps, the key takes a new one. A machine that its owner
    /// removed is not activated again by itself.
    fn renewed(&self, catalog: &Catalog, mut seat: Seat, now: i64) -> Result<Seat, Error> {
        let refused = match catalog.renew_if_due(&mut seat, self.license.as_ref(), now) {
            Ok(Renewal::NotDue | Renewal::Renewed | Renewal::Kept(_)) => return Ok(seat),
            Err(error) => error,
        };
        match &self.license {
            Some(License::Key(key)) if !refused.is_temporary() && is_about_the_token(&refused) => {
                catalog.activate(key, &self.activation)
            }
            _ => Err(refused),
        }
    }
}

#[cfg(test)]
mod tests;
