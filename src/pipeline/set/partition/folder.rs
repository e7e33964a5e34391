//! The names of folders, as Hive and Spark write them.

use super::split::cells;
use crate::names::push_encoded;
use crate::pipeline::set::manifest::NULL;
use crate::pipeline::set::table::PartitionColumn;

/// What is wrong with a value, as the end of the sentence "the value is …", and which column of the partition has it.
pub(super) type Misfit = (usize, &'static str);

/// Returns the folder of a partition, with a slash at the end: `country=DE/dt=2026-11-28/`. `key` has the values in the
/// server's text form.
pub(super) fn folder(columns: &[PartitionColumn], key: &[u8]) -> Result<String, Misfit> {
    let mut folder = String::new();
    for (index, (column, cell)) in columns.iter().zip(cells(key)).enumerate() {
        push_encoded(&column.name, &mut folder);
        folder.push('=');
        match cell {
            None => folder.push_str(NULL),
            Some(b"t") if column.is_boolean => folder.push_str("true"),
            Some(b"f") if column.is_boolean => folder.push_str("false"),
            Some([]) => return Err((index, "an empty text, for which Hive has no folder")),
            Some(cell) => {
                let text = str::from_utf8(cell).map_err(|_| (index, "not UTF-8"))?;
                push_encoded(text, &mut folder);
            }
        }
        folder.push('/');
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> PartitionColumn {
        PartitionColumn { name: name.to_owned(), index: 0, is_boolean: name == "flag" }
    }

    fn of(values: &[(&str, Option<&str>)]) -> Result<String, Misfit> {
        let columns: Vec<_> = values.iter().map(|(name, _)| column(name)).collect();
        let mut key = Vec::new();
        for (_, value) in values {
            key.extend_from_slice(&value.map_or(-1, |value| value.len() as i32).to_be_bytes());
            key.extend_from_slice(value.unwrap_or_default().as_bytes());
        }
        folder(&columns, &key)
    }

    #[test]
    fn folders_are_named_as_hive_names_them() {
        for (name, value, expected) in [
            ("country", Some("DE"), "country=DE/"),
            ("country", None, "country=__HIVE_DEFAULT_PARTITION__/"),
            ("dt", Some("2026-11-28"), "dt=2026-11-28/"),
            ("at", Some("2026-11-28 10:20:30+00"), "at=2026-11-28 10%3A20%3A30+00/"),
            ("flag", Some("t"), "flag=true/"),
            ("flag", Some("f"), "flag=false/"),
            ("t", Some("t"), "t=t/"),
            ("Größe", Some("Köln/Süd ❤"), "Größe=Köln%2FSüd ❤/"),
            ("a=b", Some("100%"), "a%3Db=100%25/"),
            ("c", Some("a\tb\u{7f}"), "c=a%09b%7F/"),
            ("c", Some(r##""#'*?\[]^{}~|<>"##), "c=%22%23%27%2A%3F%5C%5B%5D%5E%7B}~|<>/"),
            ("c", Some(".."), "c=../"),
        ] {
            assert_eq!(of(&[(name, value)]).unwrap(), expected);
        }
        let several = of(&[("country", Some("DE")), ("city", None), ("flag", Some("t"))]);
        assert_eq!(several.unwrap(), "country=DE/city=__HIVE_DEFAULT_PARTITION__/flag=true/");
    }

    #[test]
    fn an_empty_text_has_no_folder() {
        assert_eq!(
            of(&[("a", Some("x")), ("b", Some(""))]),
            Err((1, "an empty text, for which Hive has no folder"))
        );
    }
}
