//! Chooses between Lambda and the command line.

fn main() {}
