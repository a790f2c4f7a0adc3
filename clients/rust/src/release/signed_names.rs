use crate::release::verify::PublishedFile;
use crate::text::is_invisible;
use unicode_normalization::UnicodeNormalization;

/// The start of a word that names a file, worker or version. `file name` and `file_name` are among them.
const NAMES: [&str; 3] = ["file", "worker", "version"];
const SUFFIXES: [&str; 2] = ["name", "id"];

/// Checks the facts that a signature's trusted comment names: `file:NAME`, `worker:ID`, `version:VERSION` and others,
/// separated by tabs. A fact that it leaves out is not compared.
///
/// # Errors
/// A sentence for a person: it names another fact than the file has, also once among several, or names one in a form
/// that another reader would find and this one would not.
pub(crate) fn check_signed_names(comment: &str, file: &PublishedFile) -> Result<(), String> {
    for part in comment.split('\t') {
        let (name, value) = part.split_once(':').unwrap_or(("", ""));
        if name == "purpose" {
            return Err(format!("The signature was made for another purpose ({value}), not for a file."));
        }
        let fact = match name {
            "file" => Some(Some(file.filename.as_str())),
            "worker" => Some(Some(file.worker_id.as_str())),
            "version" => Some(Some(file.version.as_str())),
            // Known names whose facts a client need not know.
            "platform" | "channel" | "contents" => Some(None),
            _ => None,
        };
        let hidden = if fact.is_some() { hides_a_name(value, false) } else { hides_a_name(part, true) };
        if hidden {
            return Err(
                "The signature's trusted comment names a file, worker or version in a form that is not read.".into()
            );
        }
        match fact {
            Some(Some(fact)) if fact != value => {
                return Err(format!("The signature was made for {name} {value}, but this is {name} {fact}."));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether a text hides a name that is not in the form `name:value`. It ignores case, blanks, invisible characters and
/// compatibility forms. A foreign field (`is_field`) whose name has letters beyond ASCII counts, as a look-alike.
fn hides_a_name(text: &str, is_field: bool) -> bool {
    let plain: String = text.nfkc().filter(|c| !is_invisible(*c)).flat_map(char::to_lowercase).collect();
    let field = plain.find([':', '=']).map(|end| &plain[..end]);
    let is_look_alike = is_field && field.map_or(false, |name| !name.is_ascii());
    let names_one = plain.match_indices([':', '=']).any(|(end, _)| ends_with_a_name(&plain[..end]));
    is_look_alike || names_one
}

/// Whether a text ends with one of the names as a word of its own, perhaps in quotes and before blanks.
fn ends_with_a_name(text: &str) -> bool {
    let text = text.trim_end();
    let text = text.strip_suffix(|c| c == '"' || c == '\'').unwrap_or(text);
    let mut endings = vec![text];
    for suffix in SUFFIXES {
        if let Some(rest) = text.strip_suffix(suffix) {
            endings.push(rest.strip_suffix(|c| matches!(c, ' ' | '_' | '-')).unwrap_or(rest));
        }
    }
    endings.iter().any(|text| {
        NAMES.iter().any(|name| {
            text.strip_suffix(name)
                .map_or(false, |before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(comment: &str) -> Result<(), String> {
        let file = PublishedFile {
            worker_id: "llm-worker-rbee-cpu".into(),
            version: "1.2.0".into(),
            filename: "cpu-linux".into(),
            size: 1,
            sha256: String::new(),
        };
        check_signed_names(comment, &file)
    }

    #[test]
    fn a_comment_names_the_file_its_worker_and_its_version_or_nothing() {
        assert_eq!(check("file:cpu-linux\tworker:llm-worker-rbee-cpu\tversion:1.2.0\tplatform:linux-x86_64"), Ok(()));
        assert_eq!(check("timestamp:1795953600\tfile:cpu-linux\thashed"), Ok(()));
        assert_eq!(check("signature from the rbee release key"), Ok(()));
    }

    #[test]
    fn a_comment_with_another_fact_is_refused() {
        for comment in ["file:other", "version:1.1.0", "file:cpu-linux\tfile:other", "worker:llm-worker-rbee-cuda"] {
            assert!(check(comment).unwrap_err().contains("was made for"), "{comment}");
        }
        assert!(check("purpose:index-key").unwrap_err().contains("another purpose"));
    }

    #[test]
    fn a_comment_that_hides_a_name_is_refused() {
        for comment in ["Version: 1.1.0", "note:version=1.1.0", "ver\u{200b}sion:1.1.0", "file name:x", "worker_id=x"] {
            assert!(check(comment).is_err(), "{comment}");
        }
        assert!(check("v\u{435}rsion:1.1.0").is_err(), "a Cyrillic letter");
    }
}
