use std::time::Duration;

use super::*;
use crate::part::BLOCK;
use crate::part::sizes::MIN_PART;

fn stage(budget: u64) -> (PartBuffers, Parts) {
    let buffers = PartBuffers::new(budget);
    (buffers.clone(), Parts::new(buffers, PartSizes::starting_at(MIN_PART)))
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
    sent.extend(writer.finish().expect("a rest").to_vec());
    assert!(sent == expected, "{} bytes instead of {}", sent.len(), expected.len());
    assert_eq!(buffers.reserved(), 0);
}

#[tokio::test]
async fn the_checksum_is_that_of_the_bytes() {
    let (_, parts) = stage(0);
    let mut writer = parts.writer();
    while write(&mut writer, &[b'y'; 999]).await.is_none() {}
    write(&mut writer, b"1,2\n").await;
    let part = writer.finish().expect("a part");
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
    assert!(blocked.is_err(), "three parts travel, so there is no memory");
    travelling.pop();
    writer.block(1).await.push(b'x');
    assert_eq!(writer.finish().expect("the byte").to_vec(), b"x");
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
    assert!(writer.finish().is_none());
}

/// More writers than memory for their parts: they take turns, and none waits for ever.
#[tokio::test]
async fn many_writers_share_little_memory_without_deadlock() {
    let (buffers, parts) = stage(0);
    let mut tasks = tokio::task::JoinSet::new();
    for writer_number in 0..7_u8 {
        let mut writer = parts.writer();
        tasks.spawn(async move {
            let mut sent = Vec::new();
            for _ in 0..700 * u32::from(writer_number) {
                if let Some(part) = write(&mut writer, &[writer_number; 4_000]).await {
                    sent.push((part.len(), part.to_vec()));
                }
                tokio::task::yield_now().await;
            }
            sent.extend(writer.finish().map(|part| (part.len(), part.to_vec())));
            sent
        });
    }
    let mut counts = [0_u64; 7];
    let mut small = 0;
    let all = async {
        while let Some(sent) = tasks.join_next().await {
            for (len, bytes) in sent.expect("no panic") {
                small += u32::from(len < MIN_PART);
                for byte in &bytes {
                    counts[*byte as usize] += 1;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all).await.expect("no deadlock");
    for (number, count) in counts.iter().enumerate() {
        assert_eq!(*count, 700 * number as u64 * 4_000);
    }
    assert!(small <= 1, "{small} parts are too small for S3");
    assert_eq!(buffers.reserved(), 0);
}
