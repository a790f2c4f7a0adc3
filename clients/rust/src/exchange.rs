use crate::address::{origin_of, require_private};
use crate::error::Error;
use crate::problem::Problem;
use crate::secret::Secret;
use crate::transport::{Request, Response, Transport};
use std::io::Read;
use std::time::Duration;
use url::Url;

const MOST_REDIRECTS: usize = 5;
/// The longest time for an answer that is no file.
const TIMEOUT: Duration = Duration::from_secs(30);
/// No answer that is not a file is longer.
const LONGEST_ANSWER: u64 = 8 * 1024 * 1024;

/// How often, and how long, a call waits for a catalog that is busy or out of reach before it fails.
///
/// Only idempotent requests are repeated. `Retry-After` of the catalog is honored; a longer one than `longest_wait` is
/// reported at once, and [`Error::retry_after`] has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Attempts in all, at least one.
    pub attempts: u32,
    /// The longest wait between two attempts.
    pub longest_wait: Duration,
}

impl Default for Retries {
    /// Three attempts, at most 30 seconds apart.
    fn default() -> Self {
        Retries { attempts: 3, longest_wait: Duration::from_secs(30) }
    }
}

impl Retries {
    /// One attempt.
    pub const NONE: Retries = Retries { attempts: 1, longest_wait: Duration::ZERO };

    /// The wait before attempt `attempt` + 1 after a failure, or `None` if there is none.
    fn wait(&self, attempt: u32, failure: &Error) -> Option<Duration> {
        if attempt >= self.attempts || !failure.is_temporary() {
            return None;
        }
        let wait = match failure.retry_after() {
            Some(seconds) => Duration::from_secs(seconds),
            None => Duration::from_millis(500 << (attempt - 1).min(6)),
        };
        if wait <= self.longest_wait {
            Some(wait)
        } else {
            None
        }
    }
}

/// What a request asks for, apart from where.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) credential: Option<&'a Secret>,
    pub(crate) body: Option<&'a str>,
    pub(crate) headers: &'a [(&'static str, String)],
    pub(crate) timeout: Option<Duration>,
}

impl Default for Ask<'_> {
    fn default() -> Self {
        Ask { credential: None, body: None, headers: &[], timeout: Some(TIMEOUT) }
    }
}

/// Sends a request, follows its redirects, and gives the successful answer. A read is followed: never to plain http,
/// and never with a credential to another origin.
///
/// # Errors
/// The refusal of the catalog, or the reason why there is no answer.
pub(crate) fn exchange(transport: &dyn Transport, url: &Url, ask: Ask<'_>) -> Result<Response, Error> {
    let mut at = url.clone();
    for _ in 0..=MOST_REDIRECTS {
        require_private(&at)?;
        let response = transport
            .send(&request(&at, ask))
            .map_err(|reason| Error::Unreachable { origin: origin_of(&at), reason })?;
        let location = response.header("location").filter(|_| matches!(response.status, 301 | 302 | 303 | 307 | 308));
        match location {
            Some(location) => at = redirect_target(&at, location, ask)?,
            None if (200..300).contains(&response.status) => return Ok(response),
            None => return Err(refusal(&at, response)),
        }
    }
    Err(Error::Redirect { from: origin_of(url), reason: "in a circle".to_owned() })
}

/// The text of an answer that is no file.
///
/// # Errors
/// [`Error::Unreachable`] if it breaks off or is too long.
pub(crate) fn text_of(url: &Url, response: Response) -> Result<String, Error> {
    let mut text = String::new();
    let read = response.body.take(LONGEST_ANSWER + 1).read_to_string(&mut text);
    match read {
        Ok(length) if length as u64 <= LONGEST_ANSWER => Ok(text),
        Ok(_) => Err(Error::Unreachable { origin: origin_of(url), reason: "the answer is too long".to_owned() }),
        Err(error) => Err(Error::Unreachable { origin: origin_of(url), reason: error.to_string() }),
    }
}

/// Repeats an idempotent request as `retries` allow.
///
/// # Errors
/// The last failure.
pub(crate) fn repeat<T>(retries: Retries, mut send: impl FnMut() -> Result<T, Error>) -> Result<T, Error> {
    let mut attempt = 1;
    loop {
        match send() {
            Ok(answer) => return Ok(answer),
            Err(failure) => match retries.wait(attempt, &failure) {
                Some(wait) => std::thread::sleep(wait),
                None => return Err(failure),
            },
        }
        attempt += 1;
    }
}

fn request(url: &Url, ask: Ask<'_>) -> Request {
    let mut headers = ask.headers.to_vec();
    if let Some(credential) = ask.credential {
        headers.push(("Authorization", format!("Bearer {}", credential.expose())));
    }
    if ask.body.is_some() {
        headers.push(("Content-Type", "application/json".to_owned()));
    }
    let method = if ask.body.is_some() { "POST" } else { "GET" };
    Request { method, url: url.clone(), headers, body: ask.body.map(str::to_owned), timeout: ask.timeout }
}

fn redirect_target(from: &Url, location: &str, ask: Ask<'_>) -> Result<Url, Error> {
    let refuse = |reason: String| Error::Redirect { from: origin_of(from), reason };
    let mut to = from.join(location).map_err(|_| refuse("to no web address".to_owned()))?;
    if !matches!(to.scheme(), "http" | "https") {
        return Err(refuse("to no web address".to_owned()));
    }
    // A password in an address would go to a place that the caller never named.
    let _ = to.set_username("");
    let _ = to.set_password(None);
    let origin = origin_of(&to);
    if to.scheme() == "http" && (from.scheme() == "https" || require_private(&to).is_err()) {
        return Err(refuse(format!("to {origin}, which is not encrypted")));
    }
    if ask.body.is_some() {
        return Err(refuse(format!("to {origin}. If the catalog has moved, use that address")));
    }
    if ask.credential.is_some() && origin != origin_of(from) {
        return Err(refuse(format!("to {origin}, where your license is not sent")));
    }
    Ok(to)
}

/// The error for an answer that is no success.
fn refusal(url: &Url, response: Response) -> Error {
    let status = response.status;
    let retry_after = response.header("retry-after").and_then(|text| text.trim().parse().ok());
    let text = text_of(url, response).unwrap_or_default();
    match serde_json::from_str::<Problem>(&text) {
        Ok(mut problem) => {
            problem.status = status;
            problem.retry_after = problem.retry_after.or(retry_after);
            Error::Problem(Box::new(problem))
        }
        Err(_) => Error::NotTheCatalog { origin: origin_of(url), status },
    }
}

#[cfg(test)]
mod tests;
