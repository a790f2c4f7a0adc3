use crate::address::is_loopback;
use url::Url;

/// The proxies of an environment, as curl reads them: in either case, `all_proxy` for both schemes. This machine's own
/// addresses never go through a proxy, because a credential may go there unencrypted.
/// Their addresses may hold a password, so they have no `Debug`.
pub(crate) struct Proxies {
    https: Option<String>,
    exempt: Vec<String>,
}

impl Proxies {
    /// Reads the proxies by a function that gives a variable's value.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Self {
        let named = |name: &str| {
            let upper = name.to_ascii_uppercase();
            variable(name).filter(|text| !text.is_empty()).or_else(|| variable(&upper).filter(|text| !text.is_empty()))
        };
        let exempt = named("no_proxy").unwrap_or_default();
        Proxies {
            https: named("https_proxy").or_else(|| named("all_proxy")),
            exempt: exempt
                .split(',')
                .map(|host| host.trim().to_ascii_lowercase())
                .filter(|host| !host.is_empty())
                .collect(),
        }
    }

    /// The proxy on the way to an address, or `None`. Plain http goes to loopback only, so it has no proxy.
    pub(crate) fn of(&self, url: &Url) -> Option<&str> {
        if url.scheme() != "https" || is_loopback(url) || self.is_exempt(url.host_str().unwrap_or_default()) {
            None
        } else {
            self.https.as_deref()
        }
    }

    fn is_exempt(&self, host: &str) -> bool {
        self.exempt.iter().any(|entry| {
            let name = entry.trim_start_matches("*.").trim_start_matches('.');
            entry == "*" || host == name || host.strip_suffix(name).map_or(false, |rest| rest.ends_with('.'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy_of(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Proxies::read(find).of(&Url::parse(url).unwrap()).map(str::to_owned)
    }

    #[test]
    fn the_proxy_of_the_environment_is_used_for_https() {
        let catalog = "https://catalog.rbee.dev/workers";
        assert_eq!(proxy_of(&[("HTTPS_PROXY", "http://p:3128")], catalog).as_deref(), Some("http://p:3128"));
        assert_eq!(proxy_of(&[("all_proxy", "p:3128")], catalog).as_deref(), Some("p:3128"));
        assert_eq!(proxy_of(&[("https_proxy", ""), ("HTTPS_PROXY", "p:1")], catalog).as_deref(), Some("p:1"));
        assert_eq!(proxy_of(&[("http_proxy", "p:3128")], catalog), None);
    }

    #[test]
    fn no_proxy_sees_this_machine_or_an_exempt_host() {
        let proxy = ("https_proxy", "http://p:3128");
        assert_eq!(proxy_of(&[proxy], "https://localhost:8787/"), None);
        assert_eq!(proxy_of(&[proxy], "http://127.0.0.1:8787/"), None);
        for exempt in ["rbee.dev", ".rbee.dev", "*.rbee.dev", "a.example, catalog.rbee.dev", "*"] {
            assert_eq!(proxy_of(&[proxy, ("NO_PROXY", exempt)], "https://catalog.rbee.dev/"), None, "{exempt}");
        }
        let other = proxy_of(&[proxy, ("NO_PROXY", "bee.dev")], "https://catalog.rbee.dev/");
        assert_eq!(other.as_deref(), Some("http://p:3128"));
    }
}
