//! The shares of a statement: each is read by one reader, and together they are the whole result.

use std::sync::atomic::{AtomicUsize, Ordering};

/// A range of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    /// The index of the statement in [`Shares::texts`].
    pub(crate) text: usize,
    /// The bounds, which follow the parameters of the event.
    pub(crate) bounds: Vec<String>,
}

/// A statement of shares.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) sql: String,
    /// The index of the table that it reads, if there are several.
    pub(super) table: usize,
}

/// The shares of what is read, from which each reader takes the next.
#[derive(Debug)]
pub(super) struct Shares {
    /// The statements of the shares.
    pub(super) texts: Vec<Text>,
    /// For each table, the wire format of each column.
    pub(super) formats: Vec<Vec<i16>>,
    /// The values of the event's parameters, in the server's text form.
    parameters: Vec<Option<String>>,
    all: Vec<Share>,
    taken: AtomicUsize,
}

impl Shares {
    /// Creates the shares of one table or query.
    pub(super) fn new(
        texts: Vec<String>,
        formats: Vec<i16>,
        parameters: Vec<Option<String>>,
        all: Vec<Share>,
    ) -> Self {
        let texts = texts.into_iter().map(|sql| Text { sql, table: 0 }).collect();
        Self { texts, formats: vec![formats], parameters, all, taken: AtomicUsize::new(0) }
    }

    /// Creates the shares of several tables, which are taken in this order. Each statement is that of a table.
    pub(super) fn of_tables(texts: Vec<Text>, formats: Vec<Vec<i16>>, all: Vec<Share>) -> Self {
        Self { texts, formats, parameters: Vec::new(), all, taken: AtomicUsize::new(0) }
    }

    /// Takes the next share, and returns the index of its statement and the values of `$1`, `$2` …
    pub(super) fn take(&self) -> Option<(usize, Vec<Option<String>>)> {
        let share = self.all.get(self.taken.fetch_add(1, Ordering::Relaxed))?;
        Some((share.text, share.parameters(&self.parameters)))
    }
}

impl Share {
    /// Returns the values of `$1`, `$2` …: those of the event, then the bounds.
    pub(crate) fn parameters(&self, of_event: &[Option<String>]) -> Vec<Option<String>> {
        of_event.iter().cloned().chain(self.bounds.iter().cloned().map(Some)).collect()
    }
}

/// A row position after every page.
const END: &str = "(4294967295,0)";
/// The minimum number of pages of a share, for which a round trip to the server is short.
const LEAST_PAGES: u64 = 64;
/// The part of the pages that are left which a share takes, for each reader. Each share costs a statement, so the first are
/// large; the last are small, so that a slow one delays nobody.
const OF_THE_REST: u64 = 4;

/// Divides this many pages. The last share has no upper bound, so that a wrong number unbalances the shares
/// but loses no row.
pub(crate) fn by_pages(pages: u64, readers: usize) -> Vec<Share> {
    let (mut from, mut shares) = (0, Vec::new());
    loop {
        let to = from + ((pages - from) / (OF_THE_REST * readers as u64)).max(LEAST_PAGES);
        let is_last = to >= pages;
        let end = if is_last { END.to_owned() } else { format!("({to},0)") };
        shares.push(Share { text: 0, bounds: vec![format!("({from},0)"), end] });
        if is_last {
            return shares;
        }
        from = to;
    }
}

/// The indexes of the statements for shares by a column.
pub(crate) const BETWEEN: usize = 0;
pub(crate) const BEFORE: usize = 1;
pub(crate) const AFTER: usize = 2;
pub(crate) const WHOLE: usize = 3;

/// Divides the result at these ascending values. The first share, which includes NULL, has no lower bound,
/// and the last has no upper bound.
pub(crate) fn by_values(values: &[String]) -> Vec<Share> {
    let (Some(first), Some(last)) = (values.first(), values.last()) else {
        return vec![Share { text: WHOLE, bounds: Vec::new() }];
    };
    let mut shares = vec![Share { text: BEFORE, bounds: vec![first.clone()] }];
    shares.extend(values.windows(2).map(|pair| Share { text: BETWEEN, bounds: pair.to_vec() }));
    shares.push(Share { text: AFTER, bounds: vec![last.clone()] });
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(shares: &[Share]) -> Vec<(&str, &str)> {
        shares.iter().map(|share| (share.bounds[0].as_str(), share.bounds[1].as_str())).collect()
    }

    #[test]
    fn shares_of_pages_are_adjacent_shrink_and_the_last_is_open() {
        assert_eq!(bounds(&by_pages(0, 2)), [("(0,0)", END)]);
        assert_eq!(bounds(&by_pages(64, 2)), [("(0,0)", END)]);
        assert_eq!(bounds(&by_pages(65, 2)), [("(0,0)", "(64,0)"), ("(64,0)", END)]);
        let many = by_pages(1_000_000, 4);
        assert_eq!(bounds(&many)[0], ("(0,0)", "(62500,0)"));
        assert_eq!(bounds(&many)[1], ("(62500,0)", "(121093,0)"));
        assert!(many.len() < 150, "{} shares", many.len());
        assert!(bounds(&many).windows(2).all(|pair| pair[0].1 == pair[1].0));
        assert_eq!(bounds(&by_pages(u64::from(u32::MAX), 64)).last().map(|last| last.1), Some(END));
    }

    #[test]
    fn shares_of_values_are_open_at_both_ends() {
        let of = |values: &[&str]| {
            let values: Vec<_> = values.iter().map(|value| (*value).to_owned()).collect();
            by_values(&values)
                .into_iter()
                .map(|share| (share.text, share.bounds.join(" ")))
                .collect::<Vec<_>>()
        };
        let share = |text, bounds: &str| (text, bounds.to_owned());
        assert_eq!(of(&[]), [share(WHOLE, "")]);
        assert_eq!(of(&["5"]), [share(BEFORE, "5"), share(AFTER, "5")]);
        assert_eq!(of(&["5", "7"]), [share(BEFORE, "5"), share(BETWEEN, "5 7"), share(AFTER, "7")]);
    }

    #[test]
    fn every_share_is_taken_once() {
        let shares = Shares::new(Vec::new(), Vec::new(), vec![None], by_values(&["5".to_owned()]));
        assert_eq!(shares.take(), Some((BEFORE, vec![None, Some("5".to_owned())])));
        assert_eq!(shares.take().map(|(text, _)| text), Some(AFTER));
        assert_eq!(shares.take(), None);
        assert_eq!(shares.take(), None);
    }
}
