use crate::version_range::VersionRange;
use serde::{Deserialize, Serialize};

/// The rights of a license that a token carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Worker ids; a trailing `*` matches the rest.
    pub entitlements: Vec<String>,
    /// A range of versions ([`VersionRange`]).
    pub versions: String,
    /// The last second in which a covered release was published; `None`: no limit.
    pub updates_until: Option<i64>,
}

/// Whether a grant covers a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// It does.
    Covered,
    /// The license does not include the worker.
    NotEntitled,
    /// The license includes the worker, but not this version.
    VersionNotCovered,
}

impl Grant {
    /// Whether the grant includes a worker, by its id.
    pub fn includes(&self, worker_id: &str) -> bool {
        self.entitlements.iter().any(|entry| match entry.strip_suffix('*') {
            Some(start) => worker_id.starts_with(start),
            None => worker_id == entry,
        })
    }

    /// Whether the grant covers a release. `published_at` is in Unix seconds; `None`: unknown, and not compared.
    pub fn coverage(&self, worker_id: &str, version: &str, published_at: Option<i64>) -> Coverage {
        if !self.includes(worker_id) {
            return Coverage::NotEntitled;
        }
        let inside = VersionRange::parse(&self.versions).map_or(false, |range| range.contains(version));
        let in_time = match (self.updates_until, published_at) {
            (Some(until), Some(at)) => at <= until,
            _ => true,
        };
        if inside && in_time {
            Coverage::Covered
        } else {
            Coverage::VersionNotCovered
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_covers_its_workers_and_versions_until_its_updates_end() {
        let grant = Grant {
            entitlements: vec!["llm-worker-rbee-premium-*".to_owned()],
            versions: "<2.0.0".to_owned(),
            updates_until: Some(100),
        };
        let cuda = "llm-worker-rbee-premium-cuda";
        assert_eq!(grant.coverage(cuda, "1.0.0", Some(100)), Coverage::Covered);
        assert_eq!(grant.coverage(cuda, "1.0.0", None), Coverage::Covered);
        assert_eq!(grant.coverage(cuda, "1.0.0", Some(101)), Coverage::VersionNotCovered);
        assert_eq!(grant.coverage(cuda, "2.0.0-rc.1", Some(1)), Coverage::VersionNotCovered);
        assert_eq!(grant.coverage("sd-worker-rbee-cuda", "1.0.0", Some(1)), Coverage::NotEntitled);
    }
}
