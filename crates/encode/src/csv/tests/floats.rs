//! Compares floating-point numbers with `tests/parity/java11_floats.py`, an executable definition of what
//! Java 11 prints.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::{body, columns};
use crate::csv::{CsvEncoding, CsvOptions, Dialect};
use crate::{Encoder, FileEncoding};

/// How many values of each width are compared.
const COUNT: u64 = 200_000;

const DEFINITION: &str = "
import struct, sys
sys.path.insert(0, sys.argv[1])
from java11_floats import to_string
bits = int(sys.argv[2])
code, integer = ('>d', '>Q') if bits == 64 else ('>f', '>I')
for line in sys.stdin:
    print(to_string(struct.unpack(code, struct.pack(integer, int(line)))[0], bits))
";

/// Returns a pseudo-random number for `n`.
fn mixed(n: u64) -> u64 {
    let mut x = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Returns the bits of a number for `n`: one of many kinds, mostly of those for which Java's digits are
/// unusual.
fn float8(n: u64) -> u64 {
    let (random, small) = (mixed(n), mixed(n + COUNT) % 100_000);
    match n % 11 {
        0 => random,
        1 => ((random >> 11) as f64 / (1_u64 << (n / 11 % 50)) as f64).to_bits(),
        2 => (n / 11 % 2047) << 52,
        3 => random & 0x000f_ffff_ffff_ffff,
        4 => (((random >> 11 | 1 << 52) << (n / 11 % 11)) as f64).to_bits(),
        5 => (((random >> 12) + 1) as f64 * 2_f64.powi((n / 11 % 600) as i32)).to_bits(),
        6 => format!("{small}e{}", (n / 11 % 620) as i32 - 320).parse::<f64>().unwrap().to_bits(),
        7 => (small as f64 / 100.0).to_bits(),
        8 | 9 => ((random >> 40) as f64 / 7.0 * 10_f64.powi((n / 11 % 24) as i32 - 12)).to_bits(),
        _ => [1e-3_f64, 1e7, 9_007_199_254_740_992.0, f64::MIN_POSITIVE, 1.0][(n / 11 % 5) as usize]
            .to_bits()
            .wrapping_add(random % 100)
            .wrapping_sub(50),
    }
}

fn float4(n: u64) -> u32 {
    let (random, small) = (mixed(n), mixed(n + COUNT) % 100_000);
    match n % 9 {
        0 => random as u32,
        1 => ((random >> 40) as f32 / (1_u64 << (n / 9 % 20)) as f32).to_bits(),
        8 => (small as f32 / 7.0).to_bits(),
        2 => ((n / 9 % 255) as u32) << 23,
        3 => random as u32 & 0x007f_ffff,
        4 => ((random >> 33) as f32).to_bits(),
        5 => format!("{small}e{}", (n / 9 % 84) as i32 - 46).parse::<f32>().unwrap().to_bits(),
        6 => (small as f32 / 100.0).to_bits(),
        _ => [1e-3_f32, 1e7, 16_777_216.0, f32::MIN_POSITIVE, 1.0][(n / 9 % 5) as usize]
            .to_bits()
            .wrapping_add(random as u32 % 100)
            .wrapping_sub(50),
    }
}

/// Returns what the definition prints for numbers of this width, which are given as their bits.
fn defined(width: u32, numbers: &[String]) -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/parity");
    let mut python = Command::new("python3")
        .args(["-c", DEFINITION, folder, &width.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this test compares with a Python program: install python3");
    let mut stdin = python.stdin.take().unwrap();
    let input = numbers.join("\n");
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn compare(type_oid: u32, cells: &[Vec<u8>], expected: &[String]) {
    assert_eq!(cells.len(), expected.len());
    let encoding = CsvEncoding::new(&columns(&[type_oid]), &CsvOptions::for_dialect(Dialect::Java));
    let mut encoder = encoding.encoder();
    let mut out = Vec::new();
    for (cell, expected) in cells.iter().zip(expected) {
        out.clear();
        encoder.row(&body(&[Some(cell)]), &mut out).unwrap();
        assert_eq!(String::from_utf8_lossy(&out), format!("\"{expected}\"\n"), "for the bits {cell:02x?}");
    }
}

#[test]
fn float8_prints_as_java_11_does() {
    let numbers: Vec<u64> = (0..COUNT).map(float8).collect();
    let cells: Vec<_> = numbers.iter().map(|bits| bits.to_be_bytes().to_vec()).collect();
    compare(701, &cells, &defined(64, &numbers.iter().map(u64::to_string).collect::<Vec<_>>()));
}

#[test]
fn float4_prints_as_java_11_does() {
    let numbers: Vec<u32> = (0..COUNT).map(float4).collect();
    let cells: Vec<_> = numbers.iter().map(|bits| bits.to_be_bytes().to_vec()).collect();
    compare(700, &cells, &defined(32, &numbers.iter().map(u32::to_string).collect::<Vec<_>>()));
}
