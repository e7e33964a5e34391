//! The form of an object's tags.

use std::collections::HashSet;

/// The limits of S3.
const TAGS: usize = 10;
const KEY: usize = 128;
const VALUE: usize = 256;

/// Checks the tags of an object, encoded as the query of a URL. No message repeats them, since a value may be
/// anything.
pub(crate) fn tags(text: &str) -> Result<String, String> {
    let mut keys = HashSet::new();
    for pair in text.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(key), Some(value)) = (decoded(key), decoded(value)) else {
            return Err(
                "must be tags as in the query of a URL, such as team=data&kind=export: letters, digits and \
                        +-=._:/@, blanks as %20"
                    .to_owned(),
            );
        };
        let what = match (key.chars().count(), value.chars().count()) {
            (0, _) => "has a tag without a key".to_owned(),
            (count, _) if count > KEY => format!("has a key of more than {KEY} characters"),
            (_, count) if count > VALUE => format!("has a value of more than {VALUE} characters"),
            _ if key.to_lowercase().starts_with("aws:") => {
                "has a key that begins with aws:, which only AWS may give".to_owned()
            }
            _ if !keys.insert(key) => "has a key twice".to_owned(),
            _ if keys.len() > TAGS => format!("has more than {TAGS} tags"),
            _ => continue,
        };
        return Err(what);
    }
    Ok(text.to_owned())
}

/// Decodes a key or value as S3 will; `None` if S3 does not accept one of the characters.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                (digit(rest.next())? * 16 + digit(rest.next())?) as u8
            }
            b' ' => return None,
            _ if byte.is_ascii() => byte,
            _ => return None,
        });
    }
    let text = String::from_utf8(bytes).ok()?;
    let allowed = |c: char| c.is_alphanumeric() || " +-=._:/@".contains(c);
    text.chars().all(allowed).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::tags;

    #[test]
    fn tags_are_those_that_s3_takes() {
        let most = (0..10).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join("&");
        let longest = format!("{}={}", "k".repeat(128), "v".repeat(256));
        for good in [
            "team=data",
            "team=data&kind=export",
            "empty=",
            "bare",
            "a%20b=c+d",
            "%C3%A9=%2B",
            "a=b=c",
            &most,
            &longest,
        ] {
            assert_eq!(tags(good).as_deref(), Ok(good));
        }
        let too_many = format!("{most}&k10=v");
        let long_key = format!("{}=v", "k".repeat(129));
        let long_value = format!("k={}", "v".repeat(257));
        for (bad, what) in [
            ("", "has a tag without a key"),
            ("a=b&", "has a tag without a key"),
            ("a=1&a=2", "has a key twice"),
            ("a=1&%61=2", "has a key twice"),
            ("aws:x=1", "has a key that begins with aws:, which only AWS may give"),
            (&*too_many, "has more than 10 tags"),
            (&*long_key, "has a key of more than 128 characters"),
            (&*long_value, "has a value of more than 256 characters"),
        ] {
            assert_eq!(tags(bad).unwrap_err(), what, "{bad}");
        }
        for bad in ["a b=c", "a={\"x\":1}", "a=%", "a=%4", "a=%zz", "a=%ff", "é=1", "a=1,b=2", "a\n=1"] {
            assert!(tags(bad).unwrap_err().starts_with("must be tags"), "{bad}");
        }
    }
}
