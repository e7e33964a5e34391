//! Which names messages may repeat.

use super::shape::Shape;

/// The replacement for a text that is not shown.
pub(crate) const NOT_SHOWN: &str = "(not shown)";

/// Returns a name for which any text is legal (a user, a database) if it looks like a name, else
/// [`NOT_SHOWN`].
pub(crate) fn shown(name: &str) -> &str {
    const LONGEST: usize = 63;
    let is_plain = |c: char| c.is_alphanumeric() || "_-.$@ ".contains(c);
    let is_name = (1..=LONGEST).contains(&name.len()) && name.chars().all(is_plain);
    if is_name && Shape::of(name).is_none() { name } else { NOT_SHOWN }
}

/// Returns the name of an unknown field or placeholder in quotes if it is made of words, else [`NOT_SHOWN`].
pub(crate) fn word(text: &str) -> String {
    if is_word(text) { format!("\"{text}\"") } else { NOT_SHOWN.to_owned() }
}

/// Whether a text is made of words, as the names of fields and flags are: `crossAccountRoleArn`,
/// `--db_config-param`. A text with digits or without syllables may be a password.
pub(crate) fn is_word(text: &str) -> bool {
    const LONGEST: usize = 40;
    let letters = |part: &str| part.len() >= 2 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let humps = |part: &str| {
        let upper = part.bytes().filter(u8::is_ascii_uppercase).count();
        upper == part.len() || upper * 3 <= part.len()
    };
    text.len() <= LONGEST
        && text.trim_start_matches('-').split(['_', '-', '.']).all(|part| letters(part) && humps(part))
}
