use std::io::Read;

use proptest::prelude::*;

use super::*;

fn unpack(compression: Compression, file: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match compression {
        Compression::None => plain.extend_from_slice(file),
        Compression::Gzip => {
            flate2::read::MultiGzDecoder::new(file).read_to_end(&mut plain).expect("gzip");
        }
        Compression::Zstd => plain = zstd::decode_all(file).expect("Zstandard"),
    }
    plain
}

/// Drives a compressor as the pipeline does, ends a frame after each row that asks for it, and returns the
/// frames.
async fn pack(mut compressor: Compressor, rows: &[(Vec<u8>, bool)]) -> Result<Vec<Vec<u8>>> {
    let mut frames = vec![Vec::new()];
    let mut begin = false;
    for (row, end_frame) in rows.iter().chain([&(Vec::new(), true)]) {
        compressor.block(row.len()).extend_from_slice(row);
        if !compressor.is_full() && !end_frame {
            continue;
        }
        while let Some(packed) = compressor.packed().await? {
            if mem::take(&mut begin) {
                frames.push(Vec::new());
            }
            frames.last_mut().expect("one").extend_from_slice(packed);
        }
        begin |= compressor.is_between_frames();
        compressor.hand_over(*end_frame);
    }
    while let Some(packed) = compressor.packed().await? {
        if mem::take(&mut begin) {
            frames.push(Vec::new());
        }
        frames.last_mut().expect("one").extend_from_slice(packed);
    }
    Ok(frames)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

fn new(compression: Compression, level: Option<i32>, beside: bool) -> Compressor {
    Compressor::new(compression, level, beside).expect("memory").expect("a compression")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rows_survive_compression(
        gzip in any::<bool>(), level in prop::option::of(1..10), beside in any::<bool>(),
        rows in prop::collection::vec((0..700_000_usize, any::<u8>(), prop::bool::weighted(0.3)), 0..8),
    ) {
        let compression = if gzip { Compression::Gzip } else { Compression::Zstd };
        let mut seed = fastrand::Rng::with_seed(rows.len() as u64);
        let rows: Vec<_> = rows.iter().map(|(len, byte, end_frame)| {
            let noise = usize::from(*byte);
            let row: Vec<u8> = (0..*len).map(|i| if i % 256 < noise { seed.u8(..) } else { *byte }).collect();
            (row, *end_frame)
        }).collect();
        let frames = runtime().block_on(pack(new(compression, level, beside), &rows)).expect("no failure");
        let plain: Vec<u8> = rows.iter().flat_map(|(row, _)| row).copied().collect();
        prop_assert!(unpack(compression, &frames.concat()) == plain);
        // Each frame can be decompressed by itself.
        let apart: Vec<u8> = frames.iter().flat_map(|frame| unpack(compression, frame)).collect();
        prop_assert!(apart == plain);
    }
}

#[test]
fn an_empty_file_has_one_frame() {
    for compression in [Compression::Gzip, Compression::Zstd] {
        let frames = runtime().block_on(pack(new(compression, None, false), &[])).expect("no failure");
        assert_eq!(frames.len(), 1);
        assert!(!frames[0].is_empty());
        assert_eq!(unpack(compression, &frames[0]), b"");
    }
}

#[test]
fn a_large_row_is_compressed_in_pieces_and_its_memory_is_freed() {
    for beside in [false, true] {
        let row = vec![b'l'; 20 * BLOCK + 7];
        let mut compressor = new(Compression::Zstd, Some(1), beside);
        let packed = runtime().block_on(async {
            compressor.block(row.len()).extend_from_slice(&row);
            compressor.hand_over(true);
            let mut packed = Vec::new();
            while let Some(piece) = compressor.packed().await.expect("no failure") {
                packed.extend_from_slice(piece);
            }
            compressor.hand_over(false);
            assert!(compressor.packed().await.expect("no failure").is_none());
            packed
        });
        assert!(unpack(Compression::Zstd, &packed) == row);
        let capacity = compressor.filling.capacity() + compressor.packed.capacity();
        assert!(capacity <= 4 * BLOCK, "{capacity} bytes are allocated");
    }
}

struct Broken {
    panics: bool,
}

impl Codec for Broken {
    fn write(&mut self, _: &[u8], _: &mut Vec<u8>) -> io::Result<()> {
        assert!(!self.panics, "a defect of a library");
        Err(io::Error::other("a failure of a library"))
    }

    fn end_frame(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn failures_and_panics_on_the_other_thread_are_lasting_errors() {
    for (panics, beside) in [(false, false), (false, true), (true, true)] {
        let mut compressor = Compressor::over(Box::new(Broken { panics }), beside);
        runtime().block_on(async {
            compressor.block(1).push(b'x');
            compressor.hand_over(false);
            for _ in 0..2 {
                let error = compressor.packed().await.expect_err("a failure");
                assert_eq!((error.error_type, error.stage), (ErrorType::Internal, Stage::Encode));
            }
        });
    }
}
