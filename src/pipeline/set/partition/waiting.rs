//! The rows that wait, by partition, and how much memory they take.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::pipeline::set::file::Suspended;

/// Rows that wait for their file, and the file if it has begun.
pub(super) struct Waiting<U> {
    /// The cells of the partition.
    pub(super) key: Arc<[u8]>,
    /// The name of the folder.
    pub(super) folder: String,
    /// The rows, one after another: number, length, body.
    rows: Vec<u8>,
    pub(super) file: Option<Suspended<U>>,
    /// When it was written last, which no other was.
    written: u64,
}

/// What a partition takes beside its rows: its entries in the lists here and in that of the set's files.
const OVERHEAD: usize = 512;
/// The bytes before the body of a row.
const BEFORE: usize = 12;

impl<U> Waiting<U> {
    /// Returns the length of the rows.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Takes the rows.
    pub(super) fn take_rows(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.rows)
    }

    /// Appends a row; `push` appends its body, which has `length` bytes.
    fn push(&mut self, number: u64, length: usize, push: impl FnOnce(&mut Vec<u8>)) {
        let needed = BEFORE + length;
        if self.rows.capacity() - self.rows.len() < needed {
            // Half as much again instead of twice as much, since all partitions together have a bound.
            self.rows.reserve_exact(needed.max(self.rows.len() / 2));
        }
        self.rows.extend_from_slice(&number.to_be_bytes());
        self.rows.extend_from_slice(&(length as u32).to_be_bytes());
        push(&mut self.rows);
    }

    fn memory(&self) -> usize {
        let file = self.file.as_ref().map_or(0, Suspended::memory);
        OVERHEAD + self.key.len() + self.folder.capacity() + self.rows.capacity() + file
    }
}

/// Returns the rows that [`Waiting::take_rows`] has returned, with their numbers.
pub(super) fn rows(mut rows: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    std::iter::from_fn(move || {
        let (number, rest) = rows.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (body, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        rows = rest;
        Some((u64::from_be_bytes(*number), body))
    })
}

/// All partitions of a reader.
pub(super) struct Partitions<U> {
    by_key: HashMap<Arc<[u8]>, usize>,
    all: Vec<Option<Waiting<U>>>,
    free: Vec<usize>,
    /// The partitions by the time at which they were written.
    by_time: BTreeMap<u64, usize>,
    time: u64,
    /// The memory of all.
    memory: usize,
}

impl<U> Partitions<U> {
    pub(super) fn new() -> Self {
        Self {
            by_key: HashMap::new(),
            all: Vec::new(),
            free: Vec::new(),
            by_time: BTreeMap::new(),
            time: 0,
            memory: 0,
        }
    }

    /// Returns the memory that all partitions take.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// Returns the index of the partition with this key.
    pub(super) fn find(&self, key: &[u8]) -> Option<usize> {
        self.by_key.get(key).copied()
    }

    /// Adds a partition without rows, and returns its index.
    pub(super) fn add(&mut self, key: &[u8], folder: String) -> usize {
        self.time += 1;
        let key: Arc<[u8]> = key.into();
        let waiting =
            Waiting { key: Arc::clone(&key), folder, rows: Vec::new(), file: None, written: self.time };
        self.memory += waiting.memory();
        let index = self.free.pop().unwrap_or_else(|| {
            self.all.push(None);
            self.all.len() - 1
        });
        self.all[index] = Some(waiting);
        self.by_key.insert(key, index);
        self.by_time.insert(self.time, index);
        index
    }

    /// Appends a row to a partition, and returns the length of its rows.
    pub(super) fn push(
        &mut self,
        index: usize,
        number: u64,
        length: usize,
        push: impl FnOnce(&mut Vec<u8>),
    ) -> usize {
        let Some(waiting) = &mut self.all[index] else { return 0 };
        let before = waiting.memory();
        waiting.push(number, length, push);
        self.memory = self.memory + waiting.memory() - before;
        // The one that was written last is the one that is written most often.
        if waiting.written != self.time {
            self.by_time.remove(&waiting.written);
            self.time += 1;
            waiting.written = self.time;
            self.by_time.insert(self.time, index);
        }
        waiting.len()
    }

    /// Takes a partition out, to hand its rows on.
    pub(super) fn take(&mut self, index: usize) -> Option<Waiting<U>> {
        let waiting = self.all.get_mut(index)?.take()?;
        self.memory -= waiting.memory();
        Some(waiting)
    }

    /// Puts a partition back that was taken.
    pub(super) fn put_back(&mut self, index: usize, waiting: Waiting<U>) {
        self.memory += waiting.memory();
        self.all[index] = Some(waiting);
    }

    /// Forgets a partition that was taken.
    pub(super) fn forget(&mut self, index: usize, waiting: &Waiting<U>) {
        self.by_key.remove(&waiting.key);
        self.by_time.remove(&waiting.written);
        self.free.push(index);
    }

    /// Returns the partition that was not written for the longest time.
    pub(super) fn oldest(&self) -> Option<usize> {
        self.by_time.first_key_value().map(|(_, index)| *index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(partitions: &mut Partitions<()>, key: &[u8], number: u64, body: &[u8]) {
        let index = partitions.find(key).unwrap_or_else(|| partitions.add(key, String::new()));
        partitions.push(index, number, body.len(), |rows| rows.extend_from_slice(body));
    }

    /// Takes the oldest partition and returns its key and rows.
    #[allow(clippy::type_complexity, reason = "the key and the numbered rows of a partition")]
    fn pop(partitions: &mut Partitions<()>) -> Option<(Vec<u8>, Vec<(u64, Vec<u8>)>)> {
        let index = partitions.oldest()?;
        let mut waiting = partitions.take(index)?;
        partitions.forget(index, &waiting);
        let taken = waiting.take_rows();
        Some((waiting.key.to_vec(), rows(&taken).map(|(number, body)| (number, body.to_vec())).collect()))
    }

    #[test]
    fn rows_come_back_by_the_time_of_the_last() {
        let mut partitions = Partitions::new();
        for (number, key) in [(1, b"a"), (2, b"b"), (3, b"c"), (4, b"a")] {
            push(&mut partitions, key, number, &[b'x'; 3][..number as usize - 1]);
        }
        assert_eq!(pop(&mut partitions), Some((b"b".to_vec(), vec![(2, b"x".to_vec())])));
        push(&mut partitions, b"b", 5, b"again");
        assert_eq!(pop(&mut partitions), Some((b"c".to_vec(), vec![(3, b"xx".to_vec())])));
        assert_eq!(pop(&mut partitions), Some((b"a".to_vec(), vec![(1, Vec::new()), (4, b"xxx".to_vec())])));
        assert_eq!(pop(&mut partitions), Some((b"b".to_vec(), vec![(5, b"again".to_vec())])));
        assert_eq!((pop(&mut partitions), partitions.memory()), (None, 0));
    }

    #[test]
    fn the_memory_is_that_of_all_rows() {
        let mut partitions = Partitions::new();
        push(&mut partitions, b"a", 1, &[0; 1_000]);
        let one = partitions.memory();
        assert!((1_000..2_000).contains(&one), "{one}");
        push(&mut partitions, b"b", 2, &[0; 1_000]);
        assert_eq!(partitions.memory(), 2 * one);
        let mut taken = partitions.take(0).unwrap();
        assert_eq!(partitions.memory(), one);
        taken.take_rows();
        partitions.put_back(0, taken);
        assert!(partitions.memory() < one + 1_000);
    }
}
