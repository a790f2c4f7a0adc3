use crate::address::{catalog_address, origin_of};
use crate::error::Error;
use crate::exchange::{exchange, repeat, text_of, Ask, Retries};
use crate::secret::Secret;
use crate::transport::Transport;
use serde::de::DeserializeOwned;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use url::Url;

/// A worker catalog. It is cheap to clone, and may be used by several threads at once.
#[derive(Clone)]
pub struct Catalog {
    origin: Url,
    transport: Arc<dyn Transport>,
    retries: Retries,
}

impl Catalog {
    /// The catalog at an address, such as `https://catalog.rbee.dev`, by the transport that comes with the crate.
    ///
    /// # Errors
    /// [`Error::Address`] or [`Error::NotPrivate`].
    #[cfg(feature = "ureq")]
    pub fn new(address: &str) -> Result<Self, Error> {
        Catalog::with_transport(address, Arc::new(crate::transport::UreqTransport::from_env()))
    }

    /// The catalog at an address, by a transport of your own.
    ///
    /// # Errors
    /// As [`Catalog::new`].
    pub fn with_transport(address: &str, transport: Arc<dyn Transport>) -> Result<Self, Error> {
        Ok(Catalog { origin: catalog_address(address)?, transport, retries: Retries::default() })
    }

    /// The same catalog with other retries.
    pub fn with_retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// The catalog's origin, which its tokens name as their issuer.
    pub fn issuer(&self) -> String {
        origin_of(&self.origin)
    }

    pub(crate) fn retries(&self) -> Retries {
        self.retries
    }

    pub(crate) fn origin(&self) -> &Url {
        &self.origin
    }

    pub(crate) fn transport(&self) -> &dyn Transport {
        self.transport.as_ref()
    }

    /// The address of a path of the catalog. Each segment is percent-encoded, so no value leaves its segment.
    pub(crate) fn address(&self, segments: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.origin.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, url: &Url, credential: Option<&Secret>) -> Result<T, Error> {
        self.read(&self.text(url, Ask { credential, ..Ask::default() })?)
    }

    pub(crate) fn get_text(&self, url: &Url) -> Result<String, Error> {
        self.text(url, Ask::default())
    }

    /// Posts to an operation that is idempotent, and reads the JSON answer.
    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        segments: &[&str],
        credential: Option<&Secret>,
        body: &impl Serialize,
    ) -> Result<T, Error> {
        self.read(&self.post_text(segments, credential, body)?)
    }

    /// Posts to an operation that is idempotent. The answer may be empty.
    pub(crate) fn post_text(
        &self,
        segments: &[&str],
        credential: Option<&Secret>,
        body: &impl Serialize,
    ) -> Result<String, Error> {
        let body = serde_json::to_string(body).map_err(|_| self.unreadable())?;
        self.text(&self.address(segments, &[]), Ask { credential, body: Some(&body), ..Ask::default() })
    }

    fn text(&self, url: &Url, ask: Ask<'_>) -> Result<String, Error> {
        repeat(self.retries, || exchange(self.transport(), url, ask).and_then(|response| text_of(url, response)))
    }

    fn read<T: DeserializeOwned>(&self, text: &str) -> Result<T, Error> {
        serde_json::from_str(text).map_err(|_| self.unreadable())
    }

    fn unreadable(&self) -> Error {
        Error::NotTheCatalog { origin: self.issuer(), status: 200 }
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Catalog({})", self.issuer())
    }
}
