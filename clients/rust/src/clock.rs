use serde::{Deserialize, Serialize};

/// The latest time that a machine has evidence of. It keeps a clock that was set back from reviving an ended token.
///
/// Store it beside the seat ([`State`](crate::State) does), and take every `now` from it. It protects against a wrong
/// clock, and against a person who may set the clock but not change the stored file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    latest: i64,
}

impl Clock {
    /// A clock that has seen `latest` (Unix seconds).
    pub fn new(latest: i64) -> Self {
        Clock { latest }
    }

    /// The time to decide by, in Unix seconds: the system's, or the latest seen if that is later.
    pub fn now(&self, system: i64) -> i64 {
        self.latest.max(system)
    }

    /// Remembers a time that has been: the system's at work, or the `iat` of a token or status list that verified.
    pub fn witness(&mut self, at: i64) {
        self.latest = self.latest.max(at);
    }

    /// By how many seconds the system's clock is behind the latest time seen; 0 if it is not.
    pub fn behind(&self, system: i64) -> i64 {
        self.latest.saturating_sub(system).max(0)
    }

    /// Starts again from a time that the catalog has just proved: the `iat` of a token from an activation or renewal.
    /// A clock that was once far ahead would otherwise end every later token.
    pub fn reset(&mut self, proved: i64) {
        self.latest = proved;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_back_goes_on_from_the_latest_time() {
        let mut clock = Clock::default();
        clock.witness(1_000);
        clock.witness(900);
        assert_eq!(clock.now(500), 1_000);
        assert_eq!(clock.now(2_000), 2_000);
        assert_eq!((clock.behind(500), clock.behind(2_000)), (500, 0));
        assert_eq!(Clock::new(i64::MAX).behind(-1), i64::MAX);
    }

    #[test]
    fn a_clock_that_was_once_ahead_is_put_right_by_the_catalog() {
        let mut clock = Clock::new(9_999_999_999);
        clock.reset(1_000);
        assert_eq!(clock.now(1_010), 1_010);
    }
}
