use serde::{Deserialize, Serialize};
use std::fmt;

/// A text that no `Debug` or `Display` shows: a license key or a token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text itself. Pass it to nothing that logs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(masked)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_in_debug_texts() {
        assert_eq!(format!("{:?}", Secret::new("rbee_lic_1")), "Secret(masked)");
        assert_eq!(format!("{:?}", Some(Secret::new("rbee_lic_1"))), "Some(Secret(masked))");
    }
}
