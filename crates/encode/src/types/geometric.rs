//! Printers of point, line, lseg, box, path, polygon and circle: the server's brackets around numbers, which
//! each dialect prints as it prints a float8.

use super::float::{push_java_float8, push_postgres_float8};
use super::{Malformed, Memo, WRONG_LENGTH};

type PushNumber = fn(&mut Vec<u8>, f64, &mut Memo);

/// Defines the two printers of each type, one for each dialect.
macro_rules! dialects {
    ($($java:ident, $postgres:ident: $print:expr;)*) => { $(
        /// Prints a cell as Java does.
        pub fn $java(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
            $print(cell, out, push_java_float8 as PushNumber, memo)
        }

        /// Prints a cell as the server does.
        pub fn $postgres(cell: &[u8], out: &mut Vec<u8>, memo: &mut Memo) -> Result<(), Malformed> {
            $print(cell, out, push_postgres_float8 as PushNumber, memo)
        }
    )* };
}

dialects! {
    java_point, postgres_point: |cell, out, push, memo| shape(cell, out, push, memo, b"(0,0)");
    java_line, postgres_line: |cell, out, push, memo| shape(cell, out, push, memo, b"{0,0,0}");
    java_lseg, postgres_lseg: |cell, out, push, memo| shape(cell, out, push, memo, b"[(0,0),(0,0)]");
    java_box, postgres_box: |cell, out, push, memo| shape(cell, out, push, memo, b"(0,0),(0,0)");
    java_circle, postgres_circle: |cell, out, push, memo| shape(cell, out, push, memo, b"<(0,0),0>");
    java_path, postgres_path: path;
    java_polygon, postgres_polygon: |cell, out, push, memo| points(cell, out, push, memo, *b"()");
}

/// Prints `pattern`, with each of its zeros replaced by the next number of eight bytes in `cell`.
fn shape(
    cell: &[u8],
    out: &mut Vec<u8>,
    push: PushNumber,
    memo: &mut Memo,
    pattern: &[u8],
) -> Result<(), Malformed> {
    let (numbers, rest) = cell.as_chunks::<8>();
    let mut numbers = numbers.iter();
    for byte in pattern {
        if *byte == b'0' {
            push(out, f64::from_be_bytes(*numbers.next().ok_or(WRONG_LENGTH)?), memo);
        } else {
            out.push(*byte);
        }
    }
    if numbers.len() == 0 && rest.is_empty() { Ok(()) } else { Err(WRONG_LENGTH) }
}

/// Prints a path. Its first byte says whether it is closed, which the kind of the brackets says in text.
fn path(cell: &[u8], out: &mut Vec<u8>, push: PushNumber, memo: &mut Memo) -> Result<(), Malformed> {
    let (closed, cell) = cell.split_first().ok_or(WRONG_LENGTH)?;
    points(cell, out, push, memo, if *closed == 0 { *b"[]" } else { *b"()" })
}

/// Prints a list of points: their number in four bytes, then the points.
fn points(
    cell: &[u8],
    out: &mut Vec<u8>,
    push: PushNumber,
    memo: &mut Memo,
    brackets: [u8; 2],
) -> Result<(), Malformed> {
    let (count, cell) = cell.split_first_chunk().ok_or(WRONG_LENGTH)?;
    let (points, rest) = cell.as_chunks::<16>();
    if u32::from_be_bytes(*count) as usize != points.len() || !rest.is_empty() {
        return Err(WRONG_LENGTH);
    }
    out.push(brackets[0]);
    for (i, point) in points.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        shape(point, out, push, memo, b"(0,0)")?;
    }
    out.push(brackets[1]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(numbers: &[f64]) -> Vec<u8> {
        numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
    }

    fn printed(print: super::super::Print, cell: &[u8]) -> Result<String, Malformed> {
        let mut out = Vec::new();
        print(cell, &mut out, &mut Memo::new())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn brackets_of_the_server_around_numbers_of_the_dialect() {
        let circle = cell(&[0.1, 1e7, 1e-5]);
        assert_eq!(printed(java_circle, &circle).unwrap(), "<(0.1,1.0E7),1.0E-5>");
        assert_eq!(printed(postgres_circle, &circle).unwrap(), "<(0.1,10000000),1e-05>");
        assert_eq!(printed(java_point, &cell(&[f64::NAN, -0.0])).unwrap(), "(NaN,-0.0)");
        let open = [&[0, 0, 0, 0, 2], &cell(&[1.0, 2.0, 3.0, 4.0])[..]].concat();
        assert_eq!(printed(postgres_path, &open).unwrap(), "[(1,2),(3,4)]");
        assert_eq!(printed(java_polygon, &open[1..]).unwrap(), "((1.0,2.0),(3.0,4.0))");
    }

    #[test]
    fn other_lengths_are_refused() {
        let numbers = cell(&[1.0; 9]);
        for print in [java_point, java_line, java_lseg, java_box, java_circle, java_path, java_polygon] {
            let fitting = (0..=numbers.len()).filter(|length| printed(print, &numbers[..*length]).is_ok());
            assert!(fitting.count() <= 1);
        }
    }
}
