//! The way to the network, which a program may replace by its own HTTP client.

use std::fmt;
use std::io::Read;
use std::time::Duration;
use url::Url;

#[cfg(feature = "ureq")]
mod proxy;
#[cfg(feature = "ureq")]
mod with_ureq;

#[cfg(feature = "ureq")]
pub use with_ureq::UreqTransport;

/// Sends one request and gives its answer.
///
/// An implementation must **follow no redirect**: the crate does, and decides where a credential may go. It must give
/// an answer of any status as `Ok`, verify TLS certificates, and let the body's `read` fail if it breaks off or stalls.
pub trait Transport: Send + Sync {
    /// Sends a request. The answer's body is read later, as a stream.
    ///
    /// # Errors
    /// The reason in words if there is no answer, without the request's path, query and headers: they hold secrets.
    fn send(&self, request: &Request) -> Result<Response, String>;
}

/// A request.
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The whole address.
    pub url: Url,
    /// Names and values. `Authorization` is among them.
    pub headers: Vec<(&'static str, String)>,
    /// A JSON text.
    pub body: Option<String>,
    /// The longest time for the whole exchange; `None`: as long as bytes arrive.
    pub timeout: Option<Duration>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {})", self.method, crate::address::origin_of(&self.url))
    }
}

/// An answer, of any status.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The bytes of the answer, as they arrive.
    pub body: Box<dyn Read + Send>,
}

impl Response {
    /// The first value of a header; `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({})", self.status)
    }
}
