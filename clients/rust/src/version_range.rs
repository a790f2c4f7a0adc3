use crate::error::Error;

/// Major, minor and patch.
type Release = (u64, u64, u64);

/// A range of versions in the form of npm's semver: `*`, `<2.0.0`, `^1.2`, `1.x`, `1.2 - 2.3`, `>=1.2 <2 || 3`.
///
/// A prerelease counts as the release that it leads to, so `<2.0.0` does not contain 2.0.0-rc.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRange {
    /// Each has a first release, and the first one that is too new. Any of them suffices.
    spans: Vec<(Release, Release)>,
}

const END: Release = (u64::MAX, 0, 0);

impl VersionRange {
    /// Reads a range.
    ///
    /// # Errors
    /// [`Error::Integrity`] for a text that is none.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let spans: Option<Vec<_>> = text.split("||").map(span).collect();
        spans
            .map(|spans| VersionRange { spans })
            .ok_or_else(|| Error::Integrity(format!("\"{text}\" is not a range of versions.")))
    }

    /// Whether a version is inside of the range. A text that is no semver version is in no range.
    pub fn contains(&self, version: &str) -> bool {
        semver::Version::parse(version.trim().trim_start_matches('v')).map_or(false, |version| {
            let release = (version.major, version.minor, version.patch);
            self.spans.iter().any(|(first, end)| *first <= release && release < *end)
        })
    }
}

/// A version whose last parts may be missing or `x`, `X` or `*`.
struct Partial {
    major: Option<u64>,
    minor: Option<u64>,
    patch: Option<u64>,
    is_prerelease: bool,
}

impl Partial {
    fn parse(text: &str) -> Option<Partial> {
        let text = text.trim_start_matches('v');
        let text = text.split_once('+').map_or(text, |(core, _)| core);
        let (core, prerelease) = text.split_once('-').map_or((text, None), |(core, rest)| (core, Some(rest)));
        let mut parts = core.split('.').map(|part| match part {
            "" | "x" | "X" | "*" => Some(None),
            digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok().map(Some),
            _ => None,
        });
        let mut next = || parts.next().unwrap_or(Some(None));
        let (major, minor, patch) = (next()?, next()?, next()?);
        if parts.next().is_some() || prerelease == Some("") {
            return None;
        }
        let minor = major.and(minor);
        Some(Partial { major, minor, patch: minor.and(patch), is_prerelease: prerelease.is_some() })
    }

    /// The first release of this version.
    fn first(&self) -> Release {
        (self.major.unwrap_or(0), self.minor.unwrap_or(0), self.patch.unwrap_or(0))
    }

    /// The first release after this version, or after all that it leaves open.
    fn after(&self) -> Release {
        match (self.major, self.minor, self.patch) {
            (None, ..) => END,
            (Some(major), None, _) => (major.saturating_add(1), 0, 0),
            (Some(major), Some(minor), None) => (major, minor.saturating_add(1), 0),
            // Of releases, none lies between a prerelease and the release that it leads to.
            (Some(major), Some(minor), Some(patch)) if self.is_prerelease => (major, minor, patch),
            (Some(major), Some(minor), Some(patch)) => (major, minor, patch.saturating_add(1)),
        }
    }

    fn caret_end(&self) -> Release {
        match (self.major, self.minor, self.patch) {
            (Some(0), Some(0), Some(patch)) => (0, 0, patch.saturating_add(1)),
            (Some(0), Some(minor), _) => (0, minor.saturating_add(1), 0),
            (Some(major), ..) => (major.saturating_add(1), 0, 0),
            (None, ..) => END,
        }
    }

    fn tilde_end(&self) -> Release {
        match (self.major, self.minor) {
            (Some(major), Some(minor)) => (major, minor.saturating_add(1), 0),
            _ => self.after(),
        }
    }
}

/// The releases that all comparators of one alternative contain.
fn span(text: &str) -> Option<(Release, Release)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [from, "-", to] = words[..] {
        return Some((Partial::parse(from)?.first(), Partial::parse(to)?.after()));
    }
    let mut all = ((0, 0, 0), END);
    let mut operator = "";
    for word in words {
        let rest = word.trim_start_matches(['<', '>', '=', '^', '~']);
        let own = &word[..word.len() - rest.len()];
        if !operator.is_empty() && !own.is_empty() {
            return None;
        }
        operator = if own.is_empty() { operator } else { own };
        // `>= 1.2` is `>=1.2`.
        if rest.is_empty() {
            continue;
        }
        let (first, end) = comparator(operator, &Partial::parse(rest)?)?;
        all = (all.0.max(first), all.1.min(end));
        operator = "";
    }
    if operator.is_empty() {
        Some(all)
    } else {
        None
    }
}

fn comparator(operator: &str, version: &Partial) -> Option<(Release, Release)> {
    let start = (0, 0, 0);
    Some(match operator {
        "" | "=" => (version.first(), version.after()),
        ">=" => (version.first(), END),
        "<" => (start, version.first()),
        ">" => (version.after(), END),
        "<=" => (start, version.after()),
        "^" => (version.first(), version.caret_end()),
        "~" | "~>" => (version.first(), version.tilde_end()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(range: &str, version: &str) -> bool {
        VersionRange::parse(range).unwrap().contains(version)
    }

    #[test]
    fn a_range_means_the_same_as_in_npm() {
        for (range, inside, outside) in [
            ("*", "0.0.1", "not-a-version"),
            ("", "3.0.0", "1"),
            ("<2.0.0", "1.99.0", "2.0.0"),
            ("1.x", "1.9.0", "2.0.0"),
            ("1.2", "1.2.9", "1.3.0"),
            ("1.2.3", "1.2.3", "1.2.4"),
            ("^1.2", "1.9.9", "2.0.0"),
            ("^0.2.3", "0.2.9", "0.3.0"),
            ("^0.0.3", "0.0.3", "0.0.4"),
            ("~1.2.3", "1.2.9", "1.3.0"),
            ("~1", "1.9.9", "2.0.0"),
            (">1.2", "1.3.0", "1.2.9"),
            (">= 1.2 <2", "1.2.0", "2.0.0"),
            ("<=1.2", "1.2.9", "1.3.0"),
            ("1.2.3 - 2.3", "2.3.9", "2.4.0"),
            ("<1 || >=3.1", "3.1.0", "2.0.0"),
        ] {
            assert!(contains(range, inside), "{range} has {inside}");
            assert!(!contains(range, outside), "{range} has no {outside}");
        }
    }

    #[test]
    fn a_prerelease_counts_as_the_release_that_it_leads_to() {
        assert!(!contains("<2.0.0", "2.0.0-rc.1"));
        assert!(contains("<2.0.0", "1.4.0-beta.2"));
        assert!(contains(">=1.4.0", "1.4.0-beta.2"));
    }

    #[test]
    fn the_greatest_numbers_overflow_nothing() {
        let most = u64::MAX;
        for operator in ["", "^", "~", ">", "<="] {
            for version in [format!("{most}"), format!("1.{most}"), format!("0.{most}"), format!("0.0.{most}")] {
                assert!(!contains(&format!("{operator}{version}"), "0.0.0") || operator == "<=", "{operator}{version}");
            }
        }
    }

    #[test]
    fn a_text_that_is_no_range_is_refused() {
        for text in ["latest", "1.2.3.4", ">", ">=<1", "1,2", "=>1"] {
            assert!(VersionRange::parse(text).is_err(), "{text}");
        }
    }
}
