//! Stands in for the hive's crate of this name: its narration goes to the user interface.

/// Says an action and a sentence, as the hive's macro takes them.
#[macro_export]
macro_rules! n {
    ($action:expr, $($text:tt)+) => {
        eprintln!("{}: {}", $action, format!($($text)+))
    };
}
