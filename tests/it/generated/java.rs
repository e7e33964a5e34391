//! What the Java extractor writes, derived from the server's text by the rules of `tests/parity/README.md`.

use std::collections::HashMap;
use std::io::Write;
use std::process::{Command, Stdio};

use super::values::Column;

/// Returns the file: every field is quoted, a quote is doubled, and NULL is the empty string.
pub fn file(labels: &[String], columns: &[Column], rows: &[Vec<Option<String>>]) -> Vec<u8> {
    // Twice: first to find the floats, then with what Java 11 prints for them.
    let mut floats = Floats::default();
    print(labels, columns, rows, &mut floats);
    floats.define();
    print(labels, columns, rows, &mut floats)
}

fn print(
    labels: &[String],
    columns: &[Column],
    rows: &[Vec<Option<String>>],
    floats: &mut Floats,
) -> Vec<u8> {
    let record = |fields: Vec<String>| {
        let fields: Vec<_> =
            fields.iter().map(|field| format!("\"{}\"", field.replace('"', "\"\""))).collect();
        fields.join(",") + "\n"
    };
    let mut file = record(labels.to_vec());
    for row in rows {
        let fields = row.iter().zip(columns).map(|(cell, column)| match cell {
            None => String::new(),
            Some(text) => value(column.type_name, text, floats),
        });
        file.push_str(&record(fields.collect()));
    }
    file.into_bytes()
}

/// Returns Java's text for a value of a type from the server's text.
fn value(type_name: &str, text: &str, floats: &mut Floats) -> String {
    match type_name {
        "bool" => if text == "true" || text == "t" { "true" } else { "false" }.to_owned(),
        "bit(1)" => if text == "1" { "true" } else { "false" }.to_owned(),
        "float4" => floats.print(32, text),
        "float8" => floats.print(64, text),
        // A number with a negative scale is printed as by the server.
        "numeric" | "numeric(20,5)" | "numeric(9,9)" | "generated.amount" => big_decimal(text),
        "money" => money(text, floats),
        "date" => date(text),
        "time" | "time(3)" => time(text),
        "timetz" => timetz(text),
        "timestamp" | "timestamp(0)" => timestamp(text),
        "timestamptz" | "timestamptz(3)" => timestamp(
            &text.strip_suffix("+00").map_or_else(|| text.replacen("+00 BC", " BC", 1), str::to_owned),
        ),
        "interval" => interval(text),
        "point" | "line" | "lseg" | "box" | "path" | "polygon" | "circle" => shape(text, floats),
        _ => text.to_owned(),
    }
}

/// Formats as `BigDecimal.toString()` does: in scientific notation if the first significant digit is more
/// than six places after the point.
fn big_decimal(text: &str) -> String {
    let (sign, number) = text.strip_prefix('-').map_or(("", text), |number| ("-", number));
    let Some((whole, places)) = number.split_once('.') else { return text.to_owned() };
    let all = format!("{whole}{places}");
    let unscaled = all.trim_start_matches('0');
    let unscaled = if unscaled.is_empty() { "0" } else { unscaled };
    let behind = places.len() as i64 - (unscaled.len() as i64 - 1);
    match (behind > 6, unscaled.split_at(1)) {
        (false, _) => text.to_owned(),
        (true, (first, "")) => format!("{sign}{first}E-{behind}"),
        (true, (first, rest)) => format!("{sign}{first}.{rest}E-{behind}"),
    }
}

/// Below 1,000 a double, otherwise the amount without the currency sign and commas.
fn money(text: &str, floats: &mut Floats) -> String {
    let amount = text.replace(['$', ','], "");
    if text.contains(',') { amount } else { floats.print(64, &amount) }
}

/// Ten days are added to dates within the days that the reform left out.
fn reformed(date: &str) -> String {
    match date.strip_prefix("1582-10-").and_then(|day| day.parse::<u32>().ok()) {
        Some(day) if (5..15).contains(&day) => format!("1582-10-{}", day + 10),
        _ => date.to_owned(),
    }
}

fn date(text: &str) -> String {
    match text {
        "infinity" => return "8994-08-16".to_owned(),
        "-infinity" => return "9055-12-02".to_owned(),
        _ => {}
    }
    let text = reformed(text);
    let text = text.trim_end_matches(" BC");
    let year = text.find('-').expect("a year");
    text[year - 4..].to_owned()
}

fn time(text: &str) -> String {
    let clock = text.split('.').next().expect("a part");
    if clock == "24:00:00" { "00:00:00".to_owned() } else { clock.to_owned() }
}

fn seconds(clock: &str) -> i64 {
    clock
        .split(':')
        .fold((0, 3600), |(sum, unit), part| (sum + part.parse::<i64>().expect("a number") * unit, unit / 60))
        .0
}

fn timetz(text: &str) -> String {
    let at = text.rfind(['+', '-']).expect("an offset");
    let (clock, offset) = (&text[..at], &text[at..]);
    let east = seconds(&offset[1..]) * if offset.starts_with('-') { -1 } else { 1 };
    let utc = (seconds(clock.split('.').next().expect("a part")) - east).rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", utc / 3600, utc / 60 % 60, utc % 60)
}

fn timestamp(text: &str) -> String {
    match text {
        "infinity" => return "292278994-08-16 23:00:00.0".to_owned(),
        "-infinity" => return "292269055-12-02 23:00:00.0".to_owned(),
        _ => {}
    }
    let (text, is_bc) = text.strip_suffix(" BC").map_or((text, false), |text| (text, true));
    let (date, clock) = text.split_once(' ').expect("a date and a time");
    let zero = if clock.contains('.') { "" } else { ".0" };
    let date = if is_bc { date.to_owned() } else { reformed(date) };
    format!("{date} {clock}{zero}")
}

fn interval(text: &str) -> String {
    let mut units: HashMap<&str, String> = HashMap::new();
    let mut seconds = "0.0".to_owned();
    let words: Vec<_> = text.split(' ').collect();
    let mut rest = &words[..];
    while let [number, after @ ..] = rest {
        if let Some((unit, after)) = after.split_first().filter(|_| !number.contains(':')) {
            let number = number.trim_start_matches('+').to_owned();
            units.insert(unit.trim_end_matches('s'), number);
            rest = after;
            continue;
        }
        let (sign, clock) = number.strip_prefix('-').map_or(("", *number), |clock| ("-", clock));
        let parts: Vec<_> = clock.trim_start_matches('+').split(':').collect();
        let signed = |part: &str| {
            let digits = part.trim_start_matches('0');
            if digits.is_empty() { "0".to_owned() } else { format!("{sign}{digits}") }
        };
        units.insert("hour", signed(parts[0]));
        units.insert("min", signed(parts[1]));
        let (whole, fraction) = parts[2].split_once('.').unwrap_or((parts[2], "0"));
        let whole = whole.trim_start_matches('0');
        let sign = if whole.is_empty() && fraction == "0" { "" } else { sign };
        seconds = format!("{sign}{}.{fraction}", if whole.is_empty() { "0" } else { whole });
        rest = after;
    }
    let unit = |name| units.get(name).map_or("0", String::as_str);
    format!(
        "{} years {} mons {} days {} hours {} mins {seconds} secs",
        unit("year"),
        unit("mon"),
        unit("day"),
        unit("hour"),
        unit("min")
    )
}

/// Returns the server's brackets and order, with each number as a double.
fn shape(text: &str, floats: &mut Floats) -> String {
    let mut out = String::new();
    for piece in text.split_inclusive(|c| "()[]{}<>,".contains(c)) {
        let number = piece.trim_end_matches(|c| "()[]{}<>,".contains(c));
        if !number.is_empty() {
            out.push_str(&floats.print(64, number));
        }
        out.push_str(&piece[number.len()..]);
    }
    out
}

/// The floats of Java 11, from `tests/parity/java11_floats.py`.
#[derive(Default)]
struct Floats(HashMap<(u32, u64), String>);

const DEFINITION: &str = "
import struct, sys
sys.path.insert(0, sys.argv[1])
from java11_floats import to_string
for line in sys.stdin:
    width, bits = map(int, line.split())
    code, integer = ('>d', '>Q') if width == 64 else ('>f', '>I')
    print(to_string(struct.unpack(code, struct.pack(integer, bits))[0], width))
";

impl Floats {
    /// Returns what is printed for the server's text of a number; empty until it is [defined](Self::define).
    fn print(&mut self, width: u32, text: &str) -> String {
        let text = text.replace("Infinity", "inf");
        let bits = match width {
            64 => text.parse::<f64>().expect("a double").to_bits(),
            _ => text.parse::<f32>().expect("a float").to_bits().into(),
        };
        self.0.entry((width, bits)).or_default().clone()
    }

    fn define(&mut self) {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parity");
        let mut python = Command::new("python3")
            .args(["-c", DEFINITION, folder])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test compares with a Python program: install python3");
        let keys: Vec<_> = self.0.keys().copied().collect();
        let lines: Vec<_> = keys.iter().map(|(width, bits)| format!("{width} {bits}")).collect();
        let input = lines.join("\n") + "\n";
        let mut stdin = python.stdin.take().expect("a pipe");
        let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
        let output = python.wait_with_output().expect("an end");
        writer.join().expect("no panic").expect("all written");
        let output = String::from_utf8(output.stdout).expect("ASCII");
        let printed: Vec<_> = output.lines().collect();
        assert_eq!(printed.len(), keys.len(), "java11_floats.py broke off");
        self.0 = keys.into_iter().zip(printed.into_iter().map(str::to_owned)).collect();
    }
}
