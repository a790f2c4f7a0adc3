use crate::catalog::Catalog;
use crate::error::Error;
use serde::Deserialize;

/// A worker of the catalog, as `/v1/workers` describes it. Fields that a newer catalog adds are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Worker {
    /// The id, such as `llm-worker-rbee-premium-cuda`.
    pub id: String,
    /// The short name, such as `premium-cuda`.
    pub variant: String,
    /// The name for people.
    pub name: String,
    /// One sentence for people.
    pub description: String,
    /// Its kind: `llm` or `image`. Catalogs before the field say nothing.
    #[serde(default)]
    pub kind: Option<String>,
    /// The worker of which this is the build for one backend, such as `llm-worker-rbee-premium`.
    #[serde(default)]
    pub family: Option<String>,
    /// The newest version; of an unreleased worker, that of its recipe.
    pub version: String,
    /// Whether a binary has been released. Catalogs before the field say nothing, which reads as false.
    #[serde(default)]
    pub released: bool,
    /// `free` or `premium`.
    pub tier: String,
    /// Whether its binaries need a license.
    pub requires_license: bool,
    /// Where a license can be bought.
    #[serde(default)]
    pub purchase_url: Option<String>,
    /// `cpu`, `cuda`, `metal` or `rocm`. Others may come, so it is a text.
    pub backend: String,
    /// Operating systems: `linux`, `macos`, `windows`.
    #[serde(default)]
    pub platforms: Vec<String>,
    /// Architectures: `x86_64`, `aarch64`.
    #[serde(default)]
    pub architectures: Vec<String>,
    /// The path of its recipe.
    #[serde(default)]
    pub pkgbuild_url: Option<String>,
}

/// The workers to list. An empty query lists all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkerQuery {
    /// Words to search for.
    pub text: Option<String>,
    /// An operating system, such as `linux`.
    pub platform: Option<String>,
    /// An architecture, such as `x86_64`.
    pub arch: Option<String>,
    /// A backend, such as `cuda`.
    pub backend: Option<String>,
    /// `free` or `premium`.
    pub tier: Option<String>,
}

#[derive(Deserialize)]
struct Listing {
    /// Read one by one, so that a worker of an unknown form hides no other.
    workers: Vec<serde_json::Value>,
}

impl Catalog {
    /// The workers that fit a query. A worker in a form that this crate cannot read is left out.
    ///
    /// # Errors
    /// As every call: the catalog's refusal, or the reason why there is no answer.
    pub fn workers(&self, query: &WorkerQuery) -> Result<Vec<Worker>, Error> {
        let fields = [
            ("q", &query.text),
            ("platform", &query.platform),
            ("arch", &query.arch),
            ("backend", &query.backend),
            ("tier", &query.tier),
        ];
        let given: Vec<(&str, &str)> =
            fields.iter().filter_map(|(name, value)| value.as_deref().map(|value| (*name, value))).collect();
        let listing: Listing = self.get(&self.address(&["v1", "workers"], &given), None)?;
        Ok(listing.workers.into_iter().filter_map(|worker| serde_json::from_value(worker).ok()).collect())
    }

    /// One worker, by its id or variant.
    ///
    /// # Errors
    /// [`ProblemCode::WorkerNotFound`](crate::ProblemCode::WorkerNotFound), and as every call.
    pub fn worker(&self, id: &str) -> Result<Worker, Error> {
        self.get(&self.address(&["v1", "workers", id], &[]), None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{Request, Response, Transport};
    use std::sync::Arc;

    struct Fixed;

    impl Transport for Fixed {
        fn send(&self, request: &Request) -> Result<Response, String> {
            assert_eq!(request.url.as_str(), "https://catalog.test/v1/workers?backend=cuda");
            // The second entry has only the fields of the first catalogs, and a new one. The third is of a later form.
            let known =
                r#""name": "N", "description": "D", "version": "1.0.0", "tier": "free", "requires_license": false"#;
            let body = format!(
                r#"{{"workers": [
                    {{"id": "sd-cuda", "variant": "sd", "backend": "cuda", "kind": "image", "family": "sd", {known}}},
                    {{"id": "cuda", "variant": "cuda", "backend": "cuda", "mood": 1, {known}}},
                    {{"id": {{"name": "later"}}}}
                ]}}"#
            );
            Ok(Response { status: 200, headers: Vec::new(), body: Box::new(std::io::Cursor::new(body)) })
        }
    }

    #[test]
    fn a_list_is_read_without_the_workers_of_a_form_that_is_not_known() {
        let catalog = Catalog::with_transport("https://catalog.test", Arc::new(Fixed)).unwrap();
        let query = WorkerQuery { backend: Some("cuda".to_owned()), ..WorkerQuery::default() };
        let workers = catalog.workers(&query).unwrap();
        let kinds: Vec<_> = workers.iter().map(|worker| (worker.id.as_str(), worker.kind.as_deref())).collect();
        assert_eq!(kinds, [("sd-cuda", Some("image")), ("cuda", None)]);
    }
}
