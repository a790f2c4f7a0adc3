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
