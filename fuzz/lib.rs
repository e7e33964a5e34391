//! Code shared by the fuzz targets. Each target is a fuzzer under `cargo fuzz` and otherwise a program that replays
//! files, so that `cargo clippy --workspace` builds the targets too.

#[cfg(fuzzing)]
pub use libfuzzer_sys;

/// Defines the program that runs a function on any bytes.
#[macro_export]
macro_rules! target {
    ($check:ident) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|data: &[u8]| $check(data));

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            std::env::args_os().skip(1).try_for_each(|file| std::fs::read(file).map(|data| $check(&data)))
        }
    };
}
