use super::proxy::Proxies;
use super::{Request, Response, Transport};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

/// A connection without a byte for this long counts as broken.
const STALLED: Duration = Duration::from_secs(60);
const CONNECT: Duration = Duration::from_secs(15);

/// The transport that comes with the crate: ureq with rustls and the system's certificates. It goes through the proxies
/// of the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`), of the kind `http://`.
pub struct UreqTransport {
    proxies: Proxies,
    /// By proxy: one agent, which keeps its connections.
    agents: Mutex<HashMap<Option<String>, ureq::Agent>>,
}

impl UreqTransport {
    /// A transport that goes through the proxies of this process's environment.
    pub fn from_env() -> Self {
        UreqTransport { proxies: Proxies::read(|name| std::env::var(name).ok()), agents: Mutex::new(HashMap::new()) }
    }

    fn agent(&self, proxy: Option<&str>) -> Result<ureq::Agent, String> {
        let mut agents = self.agents.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(agent) = agents.get(&proxy.map(str::to_owned)) {
            return Ok(agent.clone());
        }
        let mut builder = ureq::AgentBuilder::new()
            .redirects(0)
            .timeout_connect(CONNECT)
            .timeout_read(STALLED)
            .timeout_write(STALLED)
            .user_agent(concat!("rbee-catalog-client/", env!("CARGO_PKG_VERSION")));
        if let Some(proxy) = proxy {
            let parsed =
                ureq::Proxy::new(proxy).map_err(|_| "the proxy of the environment is not http://".to_owned())?;
            builder = builder.proxy(parsed);
        }
        let agent = builder.build();
        agents.insert(proxy.map(str::to_owned), agent.clone());
        Ok(agent)
    }
}

impl Transport for UreqTransport {
    fn send(&self, request: &Request) -> Result<Response, String> {
        let proxy = self.proxies.of(&request.url);
        let mut sent = self.agent(proxy)?.request_url(request.method, &request.url);
        for (name, value) in &request.headers {
            sent = sent.set(name, value);
        }
        if let Some(timeout) = request.timeout {
            sent = sent.timeout(timeout);
        }
        let answer = match &request.body {
            Some(body) => sent.send_string(body),
            None => sent.call(),
        };
        match answer {
            Ok(response) | Err(ureq::Error::Status(_, response)) => Ok(plain(response)),
            Err(ureq::Error::Transport(failure)) => {
                // Its own text repeats the address, whose path may be a download link.
                let reason = failure.message().map_or_else(|| failure.kind().to_string(), str::to_owned);
                let way = if proxy.is_some() { " through the proxy of the environment" } else { "" };
                Err(format!("{reason}{way}"))
            }
        }
    }
}

fn plain(response: ureq::Response) -> Response {
    let headers = response
        .headers_names()
        .into_iter()
        .filter_map(|name| response.header(&name).map(|value| (name.to_ascii_lowercase(), value.to_owned())))
        .collect();
    Response { status: response.status(), headers, body: response.into_reader() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use url::Url;

    /// A server for one connection: it answers with `answer`, and gives the lines of the request.
    fn serve(answer: &'static str) -> (u16, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = std::thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            let lines = BufReader::new(connection.try_clone().unwrap()).lines();
            let lines = lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
            connection.write_all(answer.as_bytes()).unwrap();
            lines
        });
        (port, served)
    }

    fn send(proxy: Option<String>, url: &str) -> Result<Response, String> {
        let proxies = Proxies::read(|name| proxy.clone().filter(|_| name == "https_proxy"));
        let transport = UreqTransport { proxies, agents: Mutex::new(HashMap::new()) };
        let url = Url::parse(url).unwrap();
        transport.send(&Request { method: "GET", url, headers: Vec::new(), body: None, timeout: None })
    }

    #[test]
    fn https_goes_through_the_proxy_which_sees_the_host_alone() {
        let (port, served) = serve("HTTP/1.1 403 Forbidden\r\n\r\n");
        let refused = send(Some(format!("http://127.0.0.1:{port}")), "https://catalog.test/dl/secret").unwrap_err();
        assert!(refused.ends_with("through the proxy of the environment"), "{refused}");
        let request = served.join().unwrap();
        assert_eq!(request[0], "CONNECT catalog.test:443 HTTP/1.1");
        assert!(!request.concat().contains("secret"));
    }

    #[test]
    fn a_redirect_is_given_back_and_not_followed() {
        let (port, served) = serve("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
        let answer = send(None, &format!("http://127.0.0.1:{port}/a")).unwrap();
        assert_eq!((answer.status, answer.header("location")), (302, Some("http://127.0.0.1:1/")));
        assert_eq!(served.join().unwrap()[0], "GET /a HTTP/1.1");
    }

    #[test]
    fn the_reason_for_no_answer_names_no_path() {
        let refused = send(None, "http://127.0.0.1:1/dl/secret").unwrap_err();
        assert!(!refused.contains("secret"), "{refused}");
        assert!(send(Some("socks5://127.0.0.1:1".to_owned()), "https://catalog.test/").unwrap_err().contains("proxy"));
    }
}
