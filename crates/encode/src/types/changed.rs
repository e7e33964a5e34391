//! Counts the values of a column that Java's rules change.

/// How values of a column were changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// The number of changed values.
    pub count: u64,
    /// The kinds of changes, as bits.
    kinds: u8,
}

pub const BC: u8 = 1;
pub const INFINITY: u8 = 2;
pub const YEAR: u8 = 4;
pub const REFORM: u8 = 8;
pub const FRACTION: u8 = 16;
pub const OFFSET: u8 = 32;
pub const MIDNIGHT: u8 = 64;

/// What was lost, in the order of docs/csv.md.
const NAMES: [(u8, &str); 7] = [
    (FRACTION, "the fraction of seconds"),
    (OFFSET, "the offset"),
    (MIDNIGHT, "24:00:00"),
    (BC, "BC"),
    (REFORM, "days of October 1582"),
    (YEAR, "years above 9999"),
    (INFINITY, "infinity"),
];

impl Changed {
    /// Counts a value with these changes; without any it is not counted.
    #[inline]
    pub fn note(&mut self, kinds: u8) {
        self.count += u64::from(kinds != 0);
        self.kinds |= kinds;
    }

    /// Adds what another reader has counted.
    pub fn add(&mut self, other: Self) {
        self.count += other.count;
        self.kinds |= other.kinds;
    }

    /// Returns what the values lost.
    pub fn lost(self) -> String {
        let names: Vec<_> =
            NAMES.iter().filter(|(kind, _)| self.kinds & kind != 0).map(|(_, name)| *name).collect();
        names.join(", ")
    }
}
