//! What the targets have in common: each is a fuzzer for `cargo fuzz`, and else a program that replays files, so that whoever
//! changes what they use sees them built by every `cargo clippy --workspace`.

#[cfg(fuzzing)]
pub use libfuzzer_sys;

/// Makes the program of a function of any bytes.
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
