use crate::error::Error;
use crate::secret::Secret;
use crate::text::{is_dash, is_gained};
use std::path::Path;

/// The start of every license key.
const KEY_PREFIX: &str = "rbee_lic_";
/// The symbols of a key after its prefix: 34 bytes in Crockford base32.
const KEY_SYMBOLS: usize = 55;
/// The symbols that the text of a key and the id of its license begin with alike: 125 of the id's 128 bits.
const ID_SYMBOLS: usize = 25;

/// The variables that hold a license, in the order in which they are read. They mean the same.
const VARIABLES: [&str; 2] = ["RBEE_LICENSE_KEY", "RBEE_LICENSE_TOKEN"];
/// The variable that names a file with a license, for services whose environment others can read.
const FILE_VARIABLE: &str = "RBEE_LICENSE_FILE";

/// A license as its owner holds it: the key, or a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum License {
    /// A license key, `rbee_lic_...`. It activates machines.
    Key(Secret),
    /// A license token (a JWT) of one machine.
    Token(Secret),
}

impl License {
    /// Reads a key or token from a text as a person, an editor or a file hands it over. It loses blanks, line ends,
    /// quotes, byte order marks and other characters that nobody sees. A key also loses its hyphens.
    ///
    /// `source` names the text in the error, for example the variable that it came from.
    ///
    /// # Errors
    /// [`Error::NoLicense`] if the text is neither. The catalog decides whether a key or token is genuine.
    pub fn parse(text: &str, source: &str) -> Result<Self, Error> {
        let clean = clean(text);
        if is_key(&clean) && is_well_formed(&clean) {
            Ok(License::Key(Secret::new(clean)))
        } else if !is_key(&clean) && is_token(&clean) {
            Ok(License::Token(Secret::new(clean)))
        } else {
            Err(Error::NoLicense { source: source.to_owned() })
        }
    }

    /// The license of the environment: `RBEE_LICENSE_KEY` or `RBEE_LICENSE_TOKEN`, else the file that
    /// `RBEE_LICENSE_FILE` names. `None` if none of them is set.
    ///
    /// # Errors
    /// [`Error::NoLicense`] if the text is no license, [`Error::File`] if the file cannot be read.
    pub fn from_env() -> Result<Option<Self>, Error> {
        let named = |name: &str| std::env::var(name).ok().filter(|text| !text.trim().is_empty());
        for name in VARIABLES {
            if let Some(text) = named(name) {
                return License::parse(&text, name).map(Some);
            }
        }
        named(FILE_VARIABLE).map(|path| License::from_file(Path::new(&path))).transpose()
    }

    /// Reads the license in a file.
    ///
    /// # Errors
    /// As [`License::from_env`].
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::File { path: path.to_owned(), source })?;
        License::parse(&String::from_utf8_lossy(&bytes), &path.display().to_string())
    }

    /// Whether this is the key of the license with an id (`lic_...`). A token always is not: nothing was read of it.
    pub(crate) fn is_key_of(&self, license_id: &str) -> bool {
        let symbols = |text: &str| -> Option<Vec<u8>> {
            text.bytes()
                .take(ID_SYMBOLS)
                .map(crockford_value)
                .collect::<Option<Vec<u8>>>()
                .filter(|all| all.len() == ID_SYMBOLS)
        };
        match self {
            License::Token(_) => false,
            License::Key(key) => {
                let own = key.expose().get(KEY_PREFIX.len()..).and_then(symbols);
                own.is_some() && own == license_id.strip_prefix("lic_").and_then(symbols)
            }
        }
    }

    /// The text to send.
    pub fn secret(&self) -> &Secret {
        match self {
            License::Key(secret) | License::Token(secret) => secret,
        }
    }
}

/// A secret without the characters that it has gained. The hyphens of a token are part of it, but for those in front.
fn clean(text: &str) -> String {
    let bare: String = text.chars().filter(|c| !is_gained(*c)).collect();
    let joined: String = bare.chars().filter(|c| !is_dash(*c) && !matches!(c, '\u{2212}' | '\u{2043}')).collect();
    if is_key(&joined) {
        joined
    } else {
        bare.trim_start_matches(is_dash).to_owned()
    }
}

fn is_key(text: &str) -> bool {
    text.get(..KEY_PREFIX.len()).map_or(false, |start| start.eq_ignore_ascii_case(KEY_PREFIX))
}

fn is_token(text: &str) -> bool {
    text.is_ascii() && (text.contains('.') || text.starts_with("eyJ"))
}

/// Whether the rest of a key is Crockford base32 of the right length, whose two spare bits are zero.
fn is_well_formed(key: &str) -> bool {
    let symbols = key.as_bytes().get(KEY_PREFIX.len()..).unwrap_or_default();
    let values: Option<Vec<u8>> = symbols.iter().copied().map(crockford_value).collect();
    // 55 symbols have 275 bits, and 34 bytes have 272.
    values.map_or(false, |values| values.len() == KEY_SYMBOLS && values.last().map_or(false, |last| last & 0b111 == 0))
}

fn crockford_value(symbol: u8) -> Option<u8> {
    let symbol = match symbol.to_ascii_uppercase() {
        b'I' | b'L' => b'1',
        b'O' => b'0',
        other => other,
    };
    b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".iter().position(|known| *known == symbol).map(|value| value as u8)
}

#[cfg(test)]
mod tests;
