//! What the objects of a stream are worth, compared with the table.

use std::collections::{BTreeMap, HashMap};

use devstack::Postgres;

use super::stream::{Object, Row};

/// What is wrong with the objects of a stream. The default value is nothing.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Rows of the table whose version is in no object.
    pub lost: Vec<Row>,
    /// Versions that are in the objects more than once.
    pub doubled: Vec<Row>,
    /// Rows of the table of which the last object that has the row has another version.
    pub outdated: Vec<Row>,
}

impl Verdict {
    /// Compares the rows of objects, in the order of their names, with those of the table.
    pub fn of(objects: &[Vec<Row>], table: &BTreeMap<i64, i64>) -> Self {
        let (mut times, mut last) = (HashMap::new(), HashMap::new());
        for row in objects.iter().flatten() {
            *times.entry(*row).or_insert(0) += 1;
            last.insert(row.0, row.1);
        }
        let rows = || table.iter().map(|(id, version)| (*id, *version));
        let mut doubled: Vec<Row> =
            times.iter().filter(|(_, times)| **times > 1).map(|(row, _)| *row).collect();
        doubled.sort_unstable();
        Self {
            lost: rows().filter(|row| !times.contains_key(row)).collect(),
            doubled,
            outdated: rows()
                .filter(|(id, version)| last.get(id).is_some_and(|last| last != version))
                .collect(),
        }
    }

    /// Returns the numbers of rows in words.
    pub fn in_words(&self) -> String {
        let Self { lost, doubled, outdated } = self;
        format!("{} lost, {} doubled, {} outdated", lost.len(), doubled.len(), outdated.len())
    }

    /// Panics if anything is wrong.
    pub fn is_good(&self, stream: &str) {
        assert_eq!(*self, Self::default(), "{stream}: {}", self.in_words());
    }
}

/// Returns the versions of a table's rows by their ids.
pub async fn table(server: &Postgres, name: &str) -> BTreeMap<i64, i64> {
    let client = server.connect().await.expect("a connection");
    let sql = format!("SELECT id::bigint, ver::bigint FROM {name}");
    client.query(&sql, &[]).await.expect("the rows").iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Asserts that the windows of the objects are adjacent, and that the names say where they begin.
pub fn are_adjacent(objects: &[Object]) {
    let number = |text: &str| text.parse::<u64>().unwrap_or_else(|_| panic!("{text} is no number"));
    let mut lower = 0;
    for (sequence, object) in objects.iter().enumerate() {
        let [from, to] = ["watermark-from", "watermark-to"].map(|name| number(&object.metadata[name]));
        assert_eq!(from, lower, "{}: {:?}", object.name, object.metadata);
        assert!(to > from, "{}: {:?}", object.name, object.metadata);
        let name = object.name.rsplit('/').next().expect("a name");
        assert!(name.starts_with(&format!("{sequence:010}_{from}.")), "{name}");
        lower = to;
    }
}

#[test]
fn what_is_missing_and_what_is_there_twice_is_seen() {
    let table = BTreeMap::from([(1, 10), (2, 21), (3, 30), (4, 40)]);
    let objects = [vec![(1, 10), (2, 20), (9, 90)], vec![(2, 21), (4, 41), (1, 10)], vec![(4, 40), (2, 20)]];
    let verdict = Verdict::of(&objects, &table);
    let expected = Verdict { lost: vec![(3, 30)], doubled: vec![(1, 10), (2, 20)], outdated: vec![(2, 21)] };
    assert_eq!(verdict, expected);
    assert_eq!(verdict.in_words(), "1 lost, 2 doubled, 1 outdated");
    assert_eq!(Verdict::of(&objects[..1], &BTreeMap::from([(1, 10), (2, 20)])), Verdict::default());
}
