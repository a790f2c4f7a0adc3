//! Classes of characters that matter for secrets and for texts from outside (Unicode 16).

use std::ops::RangeInclusive;

type Ranges = &'static [RangeInclusive<char>];

/// Default_Ignorable_Code_Point: characters that are drawn as nothing.
const IGNORABLE: Ranges = &[
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fff8}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// General category Pi or Pf: opening and closing quotation marks. And U+201A and U+201E, which open them in German.
const QUOTES: Ranges = &[
    '\u{ab}'..='\u{ab}',
    '\u{bb}'..='\u{bb}',
    '\u{2018}'..='\u{201f}',
    '\u{2039}'..='\u{203a}',
    '\u{2e02}'..='\u{2e05}',
    '\u{2e09}'..='\u{2e0a}',
    '\u{2e0c}'..='\u{2e0d}',
    '\u{2e1c}'..='\u{2e1d}',
    '\u{2e20}'..='\u{2e21}',
];

/// General category Pd: hyphens and dashes.
const DASHES: Ranges = &[
    '-'..='-',
    '\u{58a}'..='\u{58a}',
    '\u{5be}'..='\u{5be}',
    '\u{1400}'..='\u{1400}',
    '\u{1806}'..='\u{1806}',
    '\u{2010}'..='\u{2015}',
    '\u{2e17}'..='\u{2e17}',
    '\u{2e1a}'..='\u{2e1a}',
    '\u{2e3a}'..='\u{2e3b}',
    '\u{2e40}'..='\u{2e40}',
    '\u{2e5d}'..='\u{2e5d}',
    '\u{301c}'..='\u{301c}',
    '\u{3030}'..='\u{3030}',
    '\u{30a0}'..='\u{30a0}',
    '\u{fe31}'..='\u{fe32}',
    '\u{fe58}'..='\u{fe58}',
    '\u{fe63}'..='\u{fe63}',
    '\u{ff0d}'..='\u{ff0d}',
    '\u{10d6e}'..='\u{10d6e}',
    '\u{10ead}'..='\u{10ead}',
];

/// General category Cf, as far as `IGNORABLE` does not have it.
const FORMAT: Ranges = &[
    '\u{600}'..='\u{605}',
    '\u{6dd}'..='\u{6dd}',
    '\u{70f}'..='\u{70f}',
    '\u{890}'..='\u{891}',
    '\u{8e2}'..='\u{8e2}',
    '\u{fff9}'..='\u{fffb}',
    '\u{110bd}'..='\u{110bd}',
    '\u{110cd}'..='\u{110cd}',
    '\u{13430}'..='\u{1343f}',
];

fn is_in(ranges: Ranges, c: char) -> bool {
    ranges.iter().any(|range| range.contains(&c))
}

/// Whether a copy of a secret may have gained this character without anybody seeing it.
pub(crate) fn is_gained(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '"' | '\'' | '`' | '\u{fffd}')
        || is_in(IGNORABLE, c)
        || is_in(QUOTES, c)
}

/// Whether a character is a hyphen or a dash (Pd).
pub(crate) fn is_dash(c: char) -> bool {
    is_in(DASHES, c)
}

/// Whether a reader sees nothing of this character.
pub(crate) fn is_invisible(c: char) -> bool {
    is_in(IGNORABLE, c) || is_in(FORMAT, c)
}

/// A text from outside in one line, safe to show in a terminal or a log: harmful characters become question marks.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            let joins =
                matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{180b}'..='\u{180d}' | '\u{180f}');
            let harms = c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || is_invisible(c);
            if harms && !joins {
                '?'
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_from_outside_begins_no_line_of_its_own() {
        assert_eq!(printable("a\nb\u{1b}[2J\u{202e}c"), "a?b?[2J?c");
        assert_eq!(printable("Zürich 東京"), "Zürich 東京");
    }
}
