use crate::error::Error;
use url::{Host, Url};

/// Reads the address of a catalog and reduces it to its origin.
///
/// # Errors
/// [`Error::Address`] for a text that is no http or https address or has a user or password, [`Error::NotPrivate`] for
/// plain http to another machine.
pub(crate) fn catalog_address(text: &str) -> Result<Url, Error> {
    let url = Url::parse(text.trim()).map_err(|_| Error::Address(text.to_owned()))?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    if !is_web || !url.username().is_empty() || url.password().is_some() {
        // The text may hold a password.
        return Err(Error::Address(origin_of(&url)));
    }
    require_private(&url)?;
    let mut origin = url;
    origin.set_path("/");
    origin.set_query(None);
    origin.set_fragment(None);
    Ok(origin)
}

/// # Errors
/// [`Error::NotPrivate`] if others could read a request on its way to `url`.
pub(crate) fn require_private(url: &Url) -> Result<(), Error> {
    if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url)) {
        Ok(())
    } else {
        Err(Error::NotPrivate { origin: origin_of(url) })
    }
}

/// A link in an answer of `catalog`, checked: https, or this machine's loopback if the catalog is there as well.
///
/// # Errors
/// [`Error::Redirect`] for any other link.
pub(crate) fn checked_link(link: &str, catalog: &Url) -> Result<Url, Error> {
    let refuse = |reason: &str| Error::Redirect { from: origin_of(catalog), reason: reason.to_owned() };
    let url = Url::parse(link).map_err(|_| refuse("to a link that is no web address"))?;
    if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url) && is_loopback(catalog)) {
        Ok(url)
    } else {
        Err(refuse(&format!("to {}, which is not encrypted", origin_of(&url))))
    }
}

/// Whether an address is this machine's own: `localhost`, 127.0.0.0/8 or `::1`. Names below `localhost` do not count,
/// because a resolver may ask a name server for them.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Scheme, host and port of an address, which hold no secret.
pub(crate) fn origin_of(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalog_is_reached_by_https_or_on_this_machine() {
        for good in ["https://catalog.rbee.dev", "http://localhost:8787/", "http://127.1.2.3:1", "http://[::1]:8787"] {
            assert!(catalog_address(good).is_ok(), "{good}");
        }
        for open in ["http://catalog.rbee.dev", "http://localhost.example.com", "http://a.localhost", "http://10.0.0.1"]
        {
            assert!(matches!(catalog_address(open), Err(Error::NotPrivate { .. })), "{open}");
        }
        for bad in ["", "catalog.rbee.dev", "ftp://catalog.rbee.dev", "https://ada:secret@catalog.rbee.dev"] {
            let error = catalog_address(bad).unwrap_err();
            assert!(matches!(error, Error::Address(_)), "{bad}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn a_link_of_a_catalog_leads_to_https_or_stays_on_this_machine() {
        let remote = Url::parse("https://catalog.rbee.dev").unwrap();
        let local = Url::parse("http://localhost:8787").unwrap();
        assert!(checked_link("https://bucket.example.com/a", &remote).is_ok());
        assert!(checked_link("http://127.0.0.1:9000/a", &local).is_ok());
        assert!(checked_link("http://127.0.0.1:9000/a", &remote).is_err());
        assert!(checked_link("http://bucket.example.com/a", &local).is_err());
        assert!(checked_link("file:///etc/passwd", &local).is_err());
    }
}
