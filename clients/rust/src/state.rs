use crate::clock::Clock;
use crate::encoding::random_name;
use crate::error::Error;
use crate::release::index::SeenIndexes;
use crate::seat::Seat;
use crate::token::key_set::KeySet;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The facts that a hive keeps between its runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The origin of the catalog that the rest is about.
    #[serde(default)]
    pub catalog: Option<String>,
    /// The seat of this machine, with its token.
    #[serde(default)]
    pub seat: Option<Seat>,
    /// The latest time that this machine has seen.
    #[serde(default)]
    pub clock: Clock,
    /// The keys that verify tokens, for a start without a network.
    #[serde(default)]
    pub key_set: Option<KeySet>,
    /// The newest signed indexes, so that no older ones are believed.
    #[serde(default)]
    pub indexes: SeenIndexes,
    /// The pinned release keys, as the text of a minisign `.pub` file.
    #[serde(default)]
    pub release_keys: Option<String>,
}

impl State {
    /// This state, if it is about the catalog with this origin. Of another catalog only the time counts.
    pub(crate) fn of_catalog(self, origin: String) -> State {
        match self.catalog.as_deref() {
            Some(known) if known == origin => self,
            _ => State { catalog: Some(origin), clock: self.clock, ..State::default() },
        }
    }

    /// Takes the facts of a state that was stored by another run meanwhile, as far as they are newer. The seat stays.
    pub(crate) fn take_newer(&mut self, stored: State) {
        self.clock.witness(stored.clock.now(i64::MIN));
        self.key_set = self.key_set.take().or(stored.key_set);
        // The first pin counts.
        self.release_keys = stored.release_keys.or_else(|| self.release_keys.take());
        self.indexes.take_newer(stored.indexes);
    }
}

/// The loss of the file costs nothing but the pinned keys: a license key takes the same seat again.
const DAMAGED: &str = "it is damaged. Remove it to begin anew";

/// A file with the [`State`], which only its owner can read, because it holds a token. It is the hive's own, not the
/// `catalog.json` of `rbee-catalog`: two programs that write one file would lose each other's seats.
/// Several [`Hive`](crate::Hive)s may share it: each looks at it again before it asks the catalog or stores.
#[derive(Debug, Clone)]
pub struct StateFile {
    path: PathBuf,
}

impl StateFile {
    /// The file of this user: `rbee/hive-catalog.json` in `XDG_CONFIG_HOME` or `~/.config`, on Windows in `APPDATA`.
    ///
    /// # Errors
    /// [`Error::File`] if none of these variables names an absolute folder.
    pub fn of_this_user() -> Result<Self, Error> {
        let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || folder("HOME").map(|home| home.join(".config"));
        let config = if cfg!(windows) { folder("APPDATA") } else { folder("XDG_CONFIG_HOME").or_else(home) };
        let missing = || io::Error::new(io::ErrorKind::NotFound, "neither XDG_CONFIG_HOME nor HOME names a folder");
        let path = Path::new("rbee").join("hive-catalog.json");
        match config {
            Some(config) => Ok(StateFile::new(config.join(path))),
            None => Err(Error::File { path, source: missing() }),
        }
    }

    /// The file at a path. Its folder is made by the first [`StateFile::save`].
    pub fn new(path: impl Into<PathBuf>) -> Self {
        StateFile { path: path.into() }
    }

    /// The state; empty if there is no file yet.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read or is damaged.
    pub fn load(&self) -> Result<State, Error> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::default()),
            Err(source) => return Err(self.fault(source)),
        };
        // The text of a parser's error could repeat the token.
        serde_json::from_str(&text).map_err(|_| self.fault(io::Error::new(io::ErrorKind::InvalidData, DAMAGED)))
    }

    /// Replaces the file in one step.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save(&self, state: &State) -> Result<(), Error> {
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        let text = serde_json::to_string_pretty(state).map_err(|error| self.fault(error.into()))?;
        // A name of its own for each call: several threads may save at once.
        let other = self.path.with_extension(format!("{}.{}.new", std::process::id(), random_name()));
        fs::create_dir_all(folder)
            .and_then(|()| write_private(&other, text.as_bytes()))
            .and_then(|()| fs::rename(&other, &self.path))
            .map_err(|source| {
                let _ = fs::remove_file(&other);
                self.fault(source)
            })
    }

    fn fault(&self, source: io::Error) -> Error {
        Error::File { path: self.path.clone(), source }
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    // A file that somebody else has put there could be read by others.
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_kept_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path().join("rbee/hive-catalog.json"));
        assert_eq!(file.load().unwrap(), State::default());
        let state = State { clock: Clock::new(7), ..State::default() };
        file.save(&state).unwrap();
        assert_eq!(file.load().unwrap(), state);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn threads_that_save_at_once_do_not_disturb_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path().join("state.json"));
        let savers = (0..8).map(|at| {
            let file = file.clone();
            std::thread::spawn(move || {
                for _ in 0..20 {
                    file.save(&State { clock: Clock::new(at), ..State::default() }).unwrap();
                    file.load().unwrap();
                }
            })
        });
        savers.collect::<Vec<_>>().into_iter().for_each(|saver| saver.join().unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_state_is_told_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path().join("state.json"));
        fs::write(&file.path, "{\"seat\": \"eyJsecret").unwrap();
        let error = file.load().unwrap_err().to_string();
        assert!(error.contains("damaged") && !error.contains("eyJsecret"), "{error}");
    }
}
