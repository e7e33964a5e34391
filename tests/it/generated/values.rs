//! One generator per type, in text that the server reads.

use fastrand::Rng;

/// A column, the generator of its values, and its extreme values.
#[derive(Clone, Copy)]
pub struct Column {
    pub type_name: &'static str,
    pub make: fn(&mut Rng) -> String,
    pub extremes: &'static [&'static str],
}

/// The statements that create types.
pub const SCHEMA: &str = r#"
    CREATE EXTENSION IF NOT EXISTS hstore; CREATE EXTENSION IF NOT EXISTS citext;
    CREATE EXTENSION IF NOT EXISTS ltree; CREATE EXTENSION IF NOT EXISTS cube;
    CREATE SCHEMA generated;
    CREATE TYPE generated.mood AS ENUM ('happy', 'so so', 'a,"b''', E'two\nlines');
    CREATE TYPE generated.pair AS (n int4, t text, f float8, at timestamptz);
    CREATE DOMAIN generated.positive AS int4 CHECK (VALUE > 0);
    CREATE DOMAIN generated.amount AS numeric(20, 8);
    CREATE DOMAIN generated.word AS text;
    CREATE DOMAIN generated.words AS text[];
"#;

/// Returns a text as a literal of SQL.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn pick(rng: &mut Rng, from: &[&str]) -> String {
    from[rng.usize(..from.len())].to_owned()
}

fn text(rng: &mut Rng) -> String {
    const PIECES: [&str; 18] = [
        "",
        "\"",
        "\"\"",
        ",",
        ";",
        "\n",
        "\r",
        "\r\n",
        "\\.",
        "\\N",
        "NULL",
        "'",
        "é",
        "😀",
        " ",
        "plain text",
        "\t",
        "{}()[]",
    ];
    let mut text = String::new();
    for _ in 0..rng.usize(..5) {
        text.push_str(PIECES[rng.usize(..PIECES.len())]);
        text.extend((0..rng.usize(..40)).map(|_| rng.alphanumeric()));
    }
    text
}

fn word(rng: &mut Rng) -> String {
    (0..rng.usize(1..9)).map(|_| rng.lowercase()).collect()
}

fn int8(rng: &mut Rng) -> String {
    (rng.i64(..) >> rng.u32(..64)).to_string()
}

fn int4(rng: &mut Rng) -> String {
    (rng.i32(..) >> rng.u32(..32)).to_string()
}

fn int2(rng: &mut Rng) -> String {
    rng.i16(..).to_string()
}

fn unsigned(rng: &mut Rng) -> String {
    (rng.u32(..) >> rng.u32(..32)).to_string()
}

fn digits(rng: &mut Rng, most: usize) -> String {
    (0..rng.usize(1..=most)).map(|_| rng.digit(10)).collect()
}

fn sign(rng: &mut Rng) -> &'static str {
    if rng.bool() { "-" } else { "" }
}

fn numeric(rng: &mut Rng) -> String {
    let zeros = "0".repeat(rng.usize(..12));
    format!("{}{}.{zeros}{}", sign(rng), digits(rng, 30), digits(rng, 20))
}

fn small_numeric(rng: &mut Rng) -> String {
    format!("{}0.{}{}", sign(rng), "0".repeat(rng.usize(..14)), digits(rng, 6))
}

fn decimal(rng: &mut Rng) -> String {
    format!("{}{}.{}", sign(rng), digits(rng, 12), digits(rng, 9))
}

fn float8(rng: &mut Rng) -> String {
    match rng.u8(..4) {
        0 => format!("{:e}", f64::from_bits(rng.u64(..) & !(1 << 62))),
        1 => format!("{}{}.{}", sign(rng), rng.u32(..), rng.u8(..)),
        2 => format!("{}e{}", digits(rng, 4), rng.i32(-300..290)),
        _ => ((rng.f64() - 0.5) * 10_f64.powi(rng.i32(-6..12))).to_string(),
    }
}

fn float4(rng: &mut Rng) -> String {
    match rng.u8(..3) {
        0 => format!("{:e}", f32::from_bits(rng.u32(..) & !(1 << 30))),
        1 => format!("{}e{}", digits(rng, 4), rng.i32(-35..30)),
        _ => ((rng.f32() - 0.5) * 10_f32.powi(rng.i32(-5..9))).to_string(),
    }
}

fn boolean(rng: &mut Rng) -> String {
    rng.bool().to_string()
}

fn money(rng: &mut Rng) -> String {
    format!("{}{}.{:02}", sign(rng), rng.u64(..) >> rng.u32(11..64), rng.u8(..100))
}

fn bytea(rng: &mut Rng) -> String {
    let bytes = (0..rng.usize(..20)).map(|_| format!("{:02x}", rng.u8(..)));
    format!("\\x{}", bytes.collect::<String>())
}

fn uuid(rng: &mut Rng) -> String {
    format!("{:032x}", rng.u128(..))
}

fn json(rng: &mut Rng) -> String {
    let value = serde_json::json!({text(rng): [rng.i32(..), text(rng), serde_json::Value::Null], "b": {"c": rng.bool()}});
    value.to_string()
}

fn xml(rng: &mut Rng) -> String {
    let declaration =
        pick(rng, &["", "<?xml version=\"1.0\"?>", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]);
    format!("{declaration}<a b=\"{}\">x, {}</a>", word(rng), word(rng))
}

fn year(rng: &mut Rng) -> u32 {
    match rng.u8(..5) {
        0 => rng.u32(1..1582),
        1 => rng.u32(10_000..290_000),
        _ => rng.u32(1583..9_999),
    }
}

fn day(rng: &mut Rng) -> String {
    if rng.u8(..12) == 0 {
        return format!("1582-10-{:02}", rng.u8(1..20));
    }
    format!("{:04}-{:02}-{:02}", year(rng), rng.u8(1..13), rng.u8(1..29))
}

fn date(rng: &mut Rng) -> String {
    if rng.u8(..10) == 0 {
        return format!("{:04}-{:02}-{:02} BC", rng.u32(1..4713), rng.u8(1..13), rng.u8(1..29));
    }
    day(rng)
}

fn time(rng: &mut Rng) -> String {
    let clock = format!("{:02}:{:02}:{:02}", rng.u8(..24), rng.u8(..60), rng.u8(..60));
    match rng.u8(..3) {
        0 => clock,
        1 => format!("{clock}.{}", rng.u16(..1000)),
        _ => format!("{clock}.{:06}", rng.u32(..1_000_000)),
    }
}

fn timetz(rng: &mut Rng) -> String {
    let zone = format!("{}{:02}:{:02}", pick(rng, &["+", "-"]), rng.u8(..15), rng.u8(..60));
    format!("{}{zone}", time(rng))
}

fn timestamp(rng: &mut Rng) -> String {
    let era = if rng.u8(..10) == 0 { " BC" } else { "" };
    if era.is_empty() {
        return format!("{} {}", day(rng), time(rng));
    }
    format!("{:04}-{:02}-{:02} {}{era}", rng.u32(1..4713), rng.u8(1..13), rng.u8(1..29), time(rng))
}

/// Returns a time within the server's limits: no offset leads beyond them.
fn timestamptz(rng: &mut Rng) -> String {
    format!("{} {}{:+03}", day(rng), time(rng), rng.i8(-12..13))
}

fn interval(rng: &mut Rng) -> String {
    let mut parts = vec![];
    for unit in ["years", "mons", "days", "hours", "mins"] {
        if rng.bool() {
            parts.push(format!("{}{} {unit}", sign(rng), rng.u16(..) >> rng.u32(..16)));
        }
    }
    parts.push(format!(
        "{}{}.{:06} secs",
        sign(rng),
        rng.u8(..),
        rng.u32(..1_000_000) / 10_u32.pow(rng.u32(..7))
    ));
    parts.join(" ")
}

fn inet(rng: &mut Rng) -> String {
    if rng.bool() {
        let address: Vec<_> = (0..4).map(|_| rng.u8(..).to_string()).collect();
        return format!("{}/{}", address.join("."), rng.u8(..33));
    }
    let mut group = || if rng.bool() { 0 } else { rng.u16(..) };
    let address: Vec<_> = (0..8).map(|_| format!("{:x}", group())).collect();
    format!("{}/{}", address.join(":"), rng.u8(..129))
}

fn cidr(rng: &mut Rng) -> String {
    if rng.bool() {
        return format!("{}.{}.0.0/16", rng.u8(..), rng.u8(..));
    }
    format!("{:x}:{:x}::/32", rng.u16(1..), rng.u16(..))
}

fn hex_pairs(rng: &mut Rng, count: usize) -> String {
    (0..count).map(|_| format!("{:02x}", rng.u8(..))).collect::<Vec<_>>().join(":")
}

fn bits(rng: &mut Rng, count: usize) -> String {
    (0..count).map(|_| if rng.bool() { '1' } else { '0' }).collect()
}

fn coordinate(rng: &mut Rng) -> String {
    match rng.u8(..12) {
        0 => pick(rng, &["NaN", "Infinity", "-Infinity", "-0", "1e300", "1e-300"]),
        1..5 => rng.i16(..).to_string(),
        _ => float8(rng),
    }
}

fn point(rng: &mut Rng) -> String {
    format!("({},{})", coordinate(rng), coordinate(rng))
}

fn points(rng: &mut Rng, least: usize) -> String {
    let count = rng.usize(least..least + 4);
    (0..count).map(|_| point(rng)).collect::<Vec<_>>().join(",")
}

fn line(rng: &mut Rng) -> String {
    format!("{{{},{},{}}}", float8(rng), rng.i16(1..), float8(rng))
}

fn circle(rng: &mut Rng) -> String {
    format!("<({},{}),{}>", float8(rng), float8(rng), rng.u16(..))
}

/// Returns an array's literal. Every element is quoted, and some arrays have two dimensions and bounds of
/// their own.
fn array(rng: &mut Rng, make: fn(&mut Rng) -> String) -> String {
    let mut row = |count: usize| {
        let element = |rng: &mut Rng| match rng.u8(..6) {
            0 => "NULL".to_owned(),
            _ => quoted(&make(rng), "\\"),
        };
        format!("{{{}}}", (0..count).map(|_| element(rng)).collect::<Vec<_>>().join(","))
    };
    match row(3).len() % 5 {
        4 => format!("[2:3][-1:0]={{{},{}}}", row(2), row(2)),
        count => row(count),
    }
}

fn quoted(text: &str, escape: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', &format!("{escape}\"")))
}

fn pair(rng: &mut Rng) -> String {
    let text = if rng.bool() { quoted(&text(rng), "\\") } else { String::new() };
    format!("({},{text},{},\"{}\")", int4(rng), float8(rng), timestamptz(rng))
}

fn range(rng: &mut Rng, low: &str, high: &str) -> String {
    let (open, close) = (pick(rng, &["[", "("]), pick(rng, &["]", ")"]));
    match rng.u8(..6) {
        0 => "empty".to_owned(),
        1 => format!("{open},{high}{close}"),
        2 => format!("{open}{low},{close}"),
        _ => format!("{open}{low},{high}{close}"),
    }
}

fn int4range(rng: &mut Rng) -> String {
    let low = rng.i16(..);
    range(rng, &low.to_string(), &(i32::from(low) + 5).to_string())
}

fn numrange(rng: &mut Rng) -> String {
    let low = rng.i16(..);
    range(rng, &format!("{low}.50"), &format!("{}.000000001", i32::from(low) + 5))
}

fn tstzrange(rng: &mut Rng) -> String {
    let (low, high) =
        (format!("\"2023-01-01 {}+02\"", time(rng)), format!("\"2024-01-01 {}-05:30\"", time(rng)));
    range(rng, &low, &high)
}

fn daterange(rng: &mut Rng) -> String {
    let low = format!("{:04}-02-28", rng.u16(1..9000));
    range(rng, &low, "9999-12-31")
}

fn multirange(rng: &mut Rng, make: fn(&mut Rng) -> String) -> String {
    format!("{{{}}}", (0..rng.usize(..4)).map(|_| make(rng)).collect::<Vec<_>>().join(","))
}

fn hstore(rng: &mut Rng) -> String {
    let entry = |rng: &mut Rng| {
        let value = if rng.bool() { quoted(&text(rng), "\\") } else { "NULL".to_owned() };
        format!("{}=>{value}", quoted(&text(rng), "\\"))
    };
    (0..rng.usize(..4)).map(|_| entry(rng)).collect::<Vec<_>>().join(", ")
}

const fn of(type_name: &'static str, make: fn(&mut Rng) -> String) -> Column {
    Column { type_name, make, extremes: &[] }
}

const fn with(
    type_name: &'static str,
    make: fn(&mut Rng) -> String,
    extremes: &'static [&'static str],
) -> Column {
    Column { type_name, make, extremes }
}

const MOMENTS: &[&str] = &[
    "infinity",
    "-infinity",
    "4713-01-01 00:00:00 BC",
    "294276-12-31 23:59:59.999999",
    "1582-10-04 23:59:59.999999",
    "1582-10-05",
    "1582-10-14 23:59:59",
    "1582-10-15",
    "0001-01-01 00:00:00",
    "0001-12-31 23:59:59 BC",
    "1970-01-01 00:00:00",
    "2000-02-29 12:00:00.1",
    "9999-12-31 23:59:59.999999",
    "10000-01-01",
];

#[rustfmt::skip]
pub const COLUMNS: &[Column] = &[
    of("bool", boolean),
    with("int2", int2, &["-32768", "32767", "0"]),
    with("int4", int4, &["-2147483648", "2147483647", "0"]),
    with("int8", int8, &["-9223372036854775808", "9223372036854775807", "0"]),
    with("oid", unsigned, &["0", "4294967295"]),
    with("numeric", numeric, &["NaN", "Infinity", "-Infinity", "0", "1e1000", "-1e-1000", "0.0000001", "0.000001", "-0.00000012", "0e-20"]),
    of("numeric", small_numeric),
    with("numeric(20,5)", decimal, &["0", "-0.00001", "999999999999999.99999"]),
    with("numeric(5,-2)", int2, &["-249", "50"]),
    with("numeric(9,9)", |rng| format!("0.{}", digits(rng, 9)), &["0", "0.000000001"]),
    with("float4", float4, &["NaN", "Infinity", "-Infinity", "-0", "3.4028235e38", "1.17549435e-38", "1e-45", "16777216", "33554432", "1e7", "9999999", "0.001", "9e-4"]),
    with("float8", float8, &["NaN", "Infinity", "-Infinity", "-0", "1.7976931348623157e308", "2.2250738585072014e-308", "4.9e-324", "9007199254740993", "2e23", "1e7", "9999999", "0.001", "9e-4", "1e15", "1e16", "0.0001", "0.00001"]),
    with("money", money, &["-92233720368547758.08", "92233720368547758.07", "0", "999.99", "1000", "-999.99", "-1000", "-0.01"]),
    with("text", text, &["", "NULL", "\\.", "\"", ",", "\n", "\r", " "]),
    of("varchar(200)", |rng| text(rng).chars().take(200).collect()),
    of("char(9)", word),
    of("name", word),
    with("\"char\"", |rng| pick(rng, &["a", "\"", ",", "\\351", "\\000"]), &["", "\\377"]),
    with("bytea", bytea, &["", "\\x00", "\\x5c22"]),
    of("uuid", uuid),
    of("json", json),
    of("jsonb", json),
    of("jsonpath", |rng| format!("$.{}[*] ? (@ > {})", word(rng), rng.u8(..))),
    of("xml", xml),
    with("date", date, &["infinity", "-infinity", "4713-01-01 BC", "5874897-12-31", "1582-10-04", "1582-10-05", "1582-10-14", "1582-10-15", "0001-01-01", "0001-12-31 BC", "9999-12-31", "10000-01-01"]),
    with("time", time, &["00:00:00", "24:00:00", "23:59:59.999999"]),
    with("time(3)", time, &["24:00:00", "12:34:56.789"]),
    with("timetz", timetz, &["00:00:00+15:59:59", "24:00:00-15:59:59", "00:00:00-15:59", "24:00:00+00", "00:00:00.000001+12"]),
    with("timestamp", timestamp, MOMENTS),
    of("timestamp(0)", timestamp),
    with("timestamptz", timestamptz, MOMENTS),
    of("timestamptz(3)", timestamptz),
    with("interval", interval, &["178000000 years", "-178000000 years", "2147483647 days", "-2147483648 days", "9223372036854775807 microseconds", "-9223372036854775807 microseconds", "0", "1 mon -1 day", "-1 mon +1 day 00:00:00.5", "-00:00:00.5", "-00:00:01", "-01:00:00.000001", "1 day -00:00:01"]),
    with("inet", inet, &["0.0.0.0", "255.255.255.255/0", "::", "::1", "::ffff:1.2.3.4", "1::/0", "::1.2.3.4/96", "1:0:0:2:0:0:0:3"]),
    of("cidr", cidr),
    of("macaddr", |rng| hex_pairs(rng, 6)),
    of("macaddr8", |rng| hex_pairs(rng, 8)),
    of("point", point),
    of("line", line),
    of("lseg", |rng| format!("[{},{}]", point(rng), point(rng))),
    of("box", |rng| format!("{},{}", point(rng), point(rng))),
    of("path", |rng| { let points = points(rng, 1); if rng.bool() { format!("[{points}]") } else { format!("({points})") } }),
    of("polygon", |rng| format!("({})", points(rng, 1))),
    of("circle", circle),
    of("bit(1)", |rng| bits(rng, 1)),
    of("bit(11)", |rng| bits(rng, 11)),
    with("varbit", |rng| { let count = rng.usize(..30); bits(rng, count) }, &[""]),
    of("tsvector", |rng| format!("{}:1A,3 '{}''s':2", word(rng), word(rng))),
    of("tsquery", |rng| format!("'{} b' & !{}:*", word(rng), word(rng))),
    of("pg_lsn", |rng| format!("{:X}/{:X}", rng.u32(..), rng.u32(..))),
    of("tid", |rng| format!("({},{})", rng.u32(..), rng.u16(..))),
    of("xid", unsigned),
    of("xid8", unsigned),
    of("cid", unsigned),
    of("regclass", |rng| pick(rng, &["pg_class", "pg_catalog.pg_type", "-"])),
    of("regtype", |rng| pick(rng, &["int4", "timestamp with time zone", "generated.mood", "text[]"])),
    of("regprocedure", |rng| pick(rng, &["abs(int4)", "now()"])),
    of("aclitem", |rng| pick(rng, &["=r/postgres", "postgres=arwdDxt/postgres", "postgres=a*r*/postgres"])),
    of("aclitem[]", |rng| array(rng, |rng| pick(rng, &["=r/postgres", "postgres=r/postgres"]))),
    of("pg_snapshot", |rng| { let low = rng.u32(1..1000); format!("{low}:{}:{}", low + 9, low + 2) }),
    of("refcursor", word),
    of("int2vector", |rng| format!("{} {}", int2(rng), int2(rng))),
    of("oidvector", |rng| format!("{} {}", unsigned(rng), unsigned(rng))),
    with("int4[]", |rng| array(rng, int4), &["{}", "[0:1]={1,NULL}"]),
    of("int8[]", |rng| array(rng, int8)),
    of("text[]", |rng| array(rng, text)),
    of("float8[]", |rng| array(rng, float8)),
    of("bool[]", |rng| array(rng, boolean)),
    of("numeric[]", |rng| array(rng, numeric)),
    of("date[]", |rng| array(rng, date)),
    of("timestamptz[]", |rng| array(rng, timestamptz)),
    of("interval[]", |rng| array(rng, interval)),
    of("bytea[]", |rng| array(rng, bytea)),
    of("jsonb[]", |rng| array(rng, json)),
    of("box[]", |rng| { let count = rng.usize(1..4); format!("{{{}}}", (0..count).map(|_| format!("({},1),(2,{})", rng.i8(..), rng.i8(..))).collect::<Vec<_>>().join(";")) }),
    of("generated.mood", |rng| pick(rng, &["happy", "so so", "a,\"b'", "two\nlines"])),
    of("generated.mood[]", |rng| array(rng, |rng| pick(rng, &["happy", "so so", "a,\"b'"]))),
    of("generated.pair", pair),
    of("generated.pair[]", |rng| array(rng, pair)),
    of("generated.positive", |rng| rng.u16(1..).to_string()),
    of("generated.amount", decimal),
    of("generated.word", text),
    of("generated.words", |rng| array(rng, text)),
    with("int4range", int4range, &["empty", "(,)", "[1,1]"]),
    of("int8range", int4range),
    of("numrange", numrange),
    of("daterange", daterange),
    of("tstzrange", tstzrange),
    of("int4multirange", |rng| multirange(rng, int4range)),
    of("nummultirange", |rng| multirange(rng, numrange)),
    of("tstzmultirange", |rng| multirange(rng, tstzrange)),
    of("hstore", hstore),
    of("citext", text),
    of("ltree", |rng| format!("{}.{}", word(rng), word(rng))),
    of("cube", |rng| format!("({},{})", rng.i16(..), rng.f64())),
];
