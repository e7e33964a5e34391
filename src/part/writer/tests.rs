use std::time::Duration;

use super::*;
use crate::part::sizes::MIN_PART;
use crate::part::{BLOCK, PartBuffers, PartSizes, Parts};

fn stage(budget: u64) -> (PartBuffers, Parts) {
    let buffers = PartBuffers::new(budget);
    (buffers.clone(), file(&buffers, 1))
}

fn file(buffers: &PartBuffers, readers: usize) -> Parts {
    Parts::new(buffers.clone(), PartSizes::starting_at(MIN_PART), readers)
}

async fn write(writer: &mut PartWriter, row: &[u8]) -> Option<Part> {
    writer.block(row.len()).await.extend_from_slice(row);
    writer.end_row()
}

#[tokio::test]
async fn parts_end_with_the_row_that_fills_them_and_lose_nothing() {
    let (buffers, parts) = stage(1 << 20);
    let mut writer = parts.writer();
    let (mut sent, mut expected) = (Vec::new(), Vec::new());
    for number in 0..40_000_u32 {
        let row = format!("{number},{}\n", "x".repeat(number as usize % 700)).into_bytes();
        expected.extend_from_slice(&row);
        if let Some(part) = write(&mut writer, &row).await {
            assert!((MIN_PART..MIN_PART + 800).contains(&part.len()), "{}", part.len());
            let bytes = part.to_vec();
            assert_eq!(bytes.last(), Some(&b'\n'));
            sent.extend(bytes);
        }
    }
    sent.extend(writer.end_part().expect("a rest").to_vec());
    assert!(sent == expected, "{} bytes instead of {}", sent.len(), expected.len());
    assert_eq!(buffers.reserved(), 0);
}

#[tokio::test]
async fn the_checksum_is_that_of_the_bytes() {
    let (_, parts) = stage(0);
    let mut writer = parts.writer();
    while write(&mut writer, &[b'y'; 999]).await.is_none() {}
    write(&mut writer, b"1,2\n").await;
    let part = writer.end_part().expect("a part");
    assert_eq!(part.crc(), Crc64Nvme::of(b"1,2\n"));
}

#[tokio::test]
async fn waits_for_memory_and_goes_on_when_a_part_is_gone() {
    let (_, parts) = stage(2 * MIN_PART);
    let mut writer = parts.writer();
    let mut travelling = Vec::new();
    while travelling.len() < 3 {
        travelling.extend(write(&mut writer, &[0; 9_999]).await);
    }
    let blocked = tokio::time::timeout(Duration::from_millis(20), writer.block(1)).await;
    assert!(blocked.is_err(), "three parts are being sent, so there is no memory");
    travelling.pop();
    writer.block(1).await.push(b'x');
    assert_eq!(writer.end_part().expect("the byte").to_vec(), b"x");
}

#[tokio::test]
async fn blocks_are_used_again() {
    let (buffers, parts) = stage(3 * MIN_PART);
    let mut writer = parts.writer();
    for _ in 0..20_000 {
        drop(write(&mut writer, &[0; 9_999]).await);
    }
    drop(writer);
    let blocks = MIN_PART as usize / BLOCK + 2;
    assert!((1..=blocks).contains(&buffers.spare_blocks()), "{}", buffers.spare_blocks());
    assert_eq!(buffers.reserved(), 0);
}

#[tokio::test]
async fn a_row_larger_than_a_block_and_one_larger_than_announced() {
    let (_, parts) = stage(0);
    let mut writer = parts.writer();
    let large = vec![b'l'; 3 * BLOCK];
    assert!(write(&mut writer, &large).await.is_none());
    writer.block(10).await.extend_from_slice(&large);
    assert!(writer.end_row().is_none());
    let part = write(&mut writer, &vec![b'l'; 5 * BLOCK]).await.expect("full");
    assert!(part.to_vec().iter().all(|byte| *byte == b'l'));
    assert_eq!(part.len(), 11 * BLOCK as u64);
    assert!(writer.end_part().is_none());
}

/// Fills parts until there is no memory for another one.
async fn fill(writer: &mut PartWriter) -> Vec<Part> {
    let mut parts = Vec::new();
    while tokio::time::timeout(Duration::from_millis(20), writer.block(9_999)).await.is_ok() {
        parts.extend(write(writer, &[0; 9_999]).await);
    }
    parts
}

#[tokio::test]
async fn files_share_the_memory_and_none_waits_for_another_one() {
    let buffers = PartBuffers::new(12 * MIN_PART);
    let (first, second) = (file(&buffers, 1), file(&buffers, 1));
    drop(second);
    let mut first = first.writer();
    let mut kept = fill(&mut first).await;
    assert!((10..=12).contains(&kept.len()), "{} parts have all the memory", kept.len());

    let second = file(&buffers, 1);
    let its = fill(&mut second.writer()).await.len();
    assert!((5..=6).contains(&its), "{its} parts are its share, whatever the first has");
    kept.truncate(8);
    assert!(fill(&mut first).await.is_empty(), "the first gets no more than its share");
    kept.truncate(4);
    let more = fill(&mut first).await.len();
    assert!((1..=2).contains(&more), "{more} parts more are its share");
    let _others = [(); 4].map(|()| file(&buffers, 1));
    let least = fill(&mut second.writer()).await.len();
    assert_eq!(least, 3, "a file always has what it needs to make progress");
}

/// More writers than memory for their parts: they take turns and none waits forever, although the first part
/// and the last part of each writer are kept.
#[tokio::test]
async fn many_writers_share_little_memory_without_deadlock() {
    let buffers = PartBuffers::new(0);
    let parts = file(&buffers, 7);
    let (sender, mut full) = tokio::sync::mpsc::channel(1);
    let mut tasks = tokio::task::JoinSet::new();
    for writer_number in 0..7_u8 {
        let (mut writer, sender) = (parts.writer(), sender.clone());
        tasks.spawn(async move {
            for _ in 0..700 * u32::from(writer_number) {
                if let Some(part) = write(&mut writer, &[writer_number; 4_000]).await {
                    sender.send(part).await.expect("a receiver");
                }
            }
            writer.end_part()
        });
    }
    drop(sender);
    let mut counts = [0_u64; 7];
    let mut count = |part: &Part| part.to_vec().iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let first = full.recv().await.expect("a part");
    count(&first);
    let all = async {
        while let Some(part) = full.recv().await {
            assert!(part.len() >= MIN_PART);
            count(&part);
        }
        tasks.join_all().await
    };
    let rest = tokio::time::timeout(Duration::from_secs(60), all).await.expect("no deadlock");
    rest.iter().flatten().for_each(&mut count);
    for (number, count) in counts.iter().enumerate() {
        assert_eq!(*count, 700 * number as u64 * 4_000);
    }
    drop((first, rest));
    assert_eq!(buffers.reserved(), 0);
}
