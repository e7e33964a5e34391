//! The wanted name of a result, the names to try if it is taken, and names as Hive and Spark write them.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The length of the longest key that S3 accepts, in bytes of UTF-8.
pub const MAX_KEY_BYTES: usize = 1024;

/// A wanted key or file name and its alternatives, which have a suffix before the extension.
///
/// ```
/// use rds_data_extractor::names::Names;
///
/// let mut names = Names::new("exports/users_20241225.csv.gz", "8f14e45f-ceea-467f-9575-0d1fa1e3b7a2");
/// assert_eq!(names.current(), "exports/users_20241225.csv.gz");
/// names.advance();
/// assert_eq!(names.current(), "exports/users_20241225_8f14e45f.csv.gz");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    stem: String,
    extension: String,
    id: String,
    /// How many names were tried before the current one.
    tries: u32,
}

impl Names {
    /// Starts with `wanted`. The extension starts at the last dot of the file name, or at the one before if
    /// the name ends with `.gz` or `.zst`. Suffixes are made from `id`, the id of the extraction.
    pub fn new(wanted: &str, id: impl Into<String>) -> Self {
        let bare = wanted.strip_suffix(".gz").or_else(|| wanted.strip_suffix(".zst")).unwrap_or(wanted);
        let start = bare.rfind('/').map_or(0, |slash| slash + 1);
        let dot = bare[start..].rfind('.').filter(|dot| *dot > 0).map_or(bare.len(), |dot| start + dot);
        let (stem, extension) = wanted.split_at(dot);
        Self { stem: stem.to_owned(), extension: extension.to_owned(), id: id.into(), tries: 0 }
    }

    /// Returns the id of the extraction whose result is named.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the name that was wanted.
    pub fn wanted(&self) -> String {
        format!("{}{}", self.stem, self.extension)
    }

    /// Returns the name to try now. A stem that leaves no room for the suffix is truncated.
    pub fn current(&self) -> String {
        let Some(suffix) = self.suffix() else { return self.wanted() };
        let room = MAX_KEY_BYTES.saturating_sub(self.extension.len() + 1 + suffix.len());
        let stem = &self.stem[..self.stem.floor_char_boundary(room)];
        format!("{stem}_{suffix}{}", self.extension)
    }

    /// Advances to the next name.
    pub fn advance(&mut self) {
        self.tries += 1;
    }

    /// Returns the first eight characters of the id, then all of it, then the id and a number.
    fn suffix(&self) -> Option<String> {
        let id: String = self.id.chars().filter(char::is_ascii_alphanumeric).collect();
        match self.tries {
            0 => None,
            1 if id.len() > 8 => Some(id[..8].to_owned()),
            1 | 2 => Some(id),
            tries => Some(format!("{id}-{}", tries - 1)),
        }
    }
}

/// The characters that Hive encodes in names of columns and in values. Those that are not ASCII stay.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'\'')
    .add(b'*')
    .add(b'/')
    .add(b':')
    .add(b'=')
    .add(b'?')
    .add(b'\\')
    .add(b'[')
    .add(b']')
    .add(b'^')
    .add(b'{');

/// Appends a text as Hive has it in the name of a folder.
pub fn push_encoded(text: &str, name: &mut String) {
    // All bytes that are not ASCII are in the encoder's set, whatever set is given.
    for character in text.split_inclusive(|character: char| !character.is_ascii()) {
        let ascii = character.trim_end_matches(|character: char| !character.is_ascii());
        name.extend(utf8_percent_encode(ascii, ENCODED));
        name.push_str(&character[ascii.len()..]);
    }
}

/// Returns the name of a table in a key: `sales.orders`. Its dot alone separates the schema from the name, and no program
/// passes over it as over one that begins with an underscore or a dot.
pub fn of_table(schema: &str, name: &str) -> String {
    let part = |name: &str| {
        let mut encoded = String::new();
        push_encoded(name, &mut encoded);
        encoded.replace('.', "%2E")
    };
    let joined = format!("{}.{}", part(schema), part(name));
    match joined.strip_prefix('_') {
        Some(rest) => format!("%5F{rest}"),
        None => joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "8f14e45f-ceea-467f-9575-0d1fa1e3b7a2";

    fn second(wanted: &str, id: &str) -> String {
        let mut names = Names::new(wanted, id);
        names.advance();
        names.current()
    }

    #[test]
    fn suffixes_go_before_the_extension_and_grow() {
        let mut names = Names::new("p/daily.csv.gz", ID);
        let tried = [(); 4].map(|()| {
            let name = names.current();
            names.advance();
            name
        });
        let full = "8f14e45fceea467f95750d1fa1e3b7a2";
        assert_eq!(tried[..2], ["p/daily.csv.gz", "p/daily_8f14e45f.csv.gz"]);
        assert_eq!(tried[2..], [format!("p/daily_{full}.csv.gz"), format!("p/daily_{full}-2.csv.gz")]);
    }

    #[test]
    fn extensions_of_odd_names() {
        assert_eq!(second("plain", "x"), "plain_x");
        assert_eq!(second("v1.2/plain", "x"), "v1.2/plain_x");
        assert_eq!(second(".csv", "x"), ".csv_x");
        assert_eq!(second("a.b.txt", "x"), "a.b_x.txt");
        assert_eq!(second("ünï.csv.zst", "x"), "ünï_x.csv.zst");
        assert_eq!(second(".gz", "x"), "_x.gz");
    }

    #[test]
    fn a_suffix_finds_room_in_the_longest_key() {
        let suffixed = second(&format!("{}ü.csv", "k".repeat(MAX_KEY_BYTES - 6)), "12345678");
        assert!(suffixed.ends_with("k_12345678.csv"), "{suffixed}");
        assert_eq!(suffixed.len(), MAX_KEY_BYTES);
    }

    #[test]
    fn names_of_different_tables_are_different() {
        assert_eq!(of_table("sales", "orders"), "sales.orders");
        assert_eq!(of_table("a", "b.c"), "a.b%2Ec");
        assert_eq!(of_table("a.b", "c"), "a%2Eb.c");
        assert_eq!(of_table("_x", "_y"), "%5Fx._y");
        assert_eq!(of_table("..", "a/b"), "%2E%2E.a%2Fb");
        assert_eq!(of_table("Größe 1", "a%\"*="), "Größe 1.a%25%22%2A%3D");
    }
}
