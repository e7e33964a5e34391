//! Translates `{fn name(arguments)}` to PostgreSQL, as the Java driver does.

use super::problem::Refusal;

/// A function whose translation is its arguments with fixed text around and between them.
struct Pattern {
    name: &'static str,
    /// The minimum and the maximum number of arguments.
    arguments: (usize, usize),
    open: &'static str,
    between: &'static str,
    close: &'static str,
}

const fn pattern(
    name: &'static str,
    arguments: (usize, usize),
    open: &'static str,
    between: &'static str,
    close: &'static str,
) -> Pattern {
    Pattern { name, arguments, open, between, close }
}

const NONE: (usize, usize) = (0, 0);
const ONE: (usize, usize) = (1, 1);
const TWO: (usize, usize) = (2, 2);

const PATTERNS: &[Pattern] = &[
    // Numbers.
    pattern("ceiling", ONE, "ceil(", "", ")"),
    pattern("log", ONE, "ln(", "", ")"),
    pattern("log10", ONE, "log(", "", ")"),
    pattern("power", TWO, "pow(", ",", ")"),
    pattern("truncate", TWO, "trunc(", ",", ")"),
    // Strings.
    pattern("char", ONE, "chr(", "", ")"),
    pattern("concat", (0, usize::MAX), "(", "||", ")"),
    pattern("lcase", ONE, "lower(", "", ")"),
    pattern("left", TWO, "substring(", " for ", ")"),
    pattern("length", ONE, "length(trim(trailing from ", "", "))"),
    pattern("ltrim", ONE, "trim(leading from ", "", ")"),
    pattern("rtrim", ONE, "trim(trailing from ", "", ")"),
    pattern("space", ONE, "repeat(' ',", "", ")"),
    pattern("substring", (2, 3), "substr(", ",", ")"),
    pattern("ucase", ONE, "upper(", "", ")"),
    // Dates and times.
    pattern("curdate", NONE, "current_date", "", ""),
    pattern("curtime", NONE, "current_time", "", ""),
    pattern("dayname", ONE, "to_char(", "", ",'Day')"),
    pattern("dayofmonth", ONE, "extract(day from ", "", ")"),
    pattern("dayofweek", ONE, "extract(dow from ", "", ")+1"),
    pattern("dayofyear", ONE, "extract(doy from ", "", ")"),
    pattern("hour", ONE, "extract(hour from ", "", ")"),
    pattern("minute", ONE, "extract(minute from ", "", ")"),
    pattern("month", ONE, "extract(month from ", "", ")"),
    pattern("monthname", ONE, "to_char(", "", ",'Month')"),
    pattern("quarter", ONE, "extract(quarter from ", "", ")"),
    pattern("second", ONE, "extract(second from ", "", ")"),
    pattern("week", ONE, "extract(week from ", "", ")"),
    pattern("year", ONE, "extract(year from ", "", ")"),
    // Others.
    pattern("database", NONE, "current_database()", "", ""),
    pattern("ifnull", TWO, "coalesce(", ",", ")"),
    pattern("user", NONE, "user", "", ""),
];

/// Returns the call of `name` with `arguments` in PostgreSQL. An unknown function is called by its own name.
pub(super) fn call(name: &str, arguments: &[String]) -> Result<String, Refusal> {
    let lower = name.to_ascii_lowercase();
    if let Some(pattern) = PATTERNS.iter().find(|pattern| pattern.name == lower) {
        let (least, most) = pattern.arguments;
        if !(least..=most).contains(&arguments.len()) {
            return Err(Refusal::Arguments { function: pattern.name, takes: how_many(least, most) });
        }
        return Ok(format!("{}{}{}", pattern.open, arguments.join(pattern.between), pattern.close));
    }
    match (lower.as_str(), arguments) {
        ("insert", [text, from, length, new]) => {
            Ok(format!("overlay({text} placing {new} from {from} for {length})"))
        }
        ("insert", _) => Err(Refusal::Arguments { function: "insert", takes: "4 arguments" }),
        ("locate", [part, text]) => Ok(format!("position({part} in {text})")),
        // If the text is found, its place is one too large, as in the Java driver, since the file must be the
        // same.
        ("locate", [part, text, from]) => {
            let place = format!("position({part} in substring({text} from {from}))");
            Ok(format!("({from}*sign({place})+{place})"))
        }
        ("locate", _) => Err(Refusal::Arguments { function: "locate", takes: "2 or 3 arguments" }),
        ("right", [text, length]) => Ok(format!("substring({text} from (length({text})+1-{length}))")),
        ("right", _) => Err(Refusal::Arguments { function: "right", takes: "2 arguments" }),
        ("timestampadd", [unit, count, time]) => {
            Ok(format!("({}+{time})", interval(unit.trim(), count).ok_or(Refusal::AddUnit)?))
        }
        ("timestampadd", _) => Err(Refusal::Arguments { function: "timestampadd", takes: "3 arguments" }),
        ("timestampdiff", [unit, from, to]) => {
            Ok(format!("extract( {} from ({to}-{from}))", field(unit.trim()).ok_or(Refusal::DiffUnit)?))
        }
        ("timestampdiff", _) => Err(Refusal::Arguments { function: "timestampdiff", takes: "3 arguments" }),
        _ => Ok(format!("{name}({})", arguments.join(","))),
    }
}

fn how_many(least: usize, most: usize) -> &'static str {
    match (least, most) {
        (0, _) => "no argument",
        (1, _) => "1 argument",
        (2, 2) => "2 arguments",
        _ => "2 or 3 arguments",
    }
}

fn unit(name: &str) -> Option<String> {
    let (root, unit) = name.split_at_checked("SQL_TSI_".len())?;
    root.eq_ignore_ascii_case("SQL_TSI_").then(|| unit.to_ascii_lowercase())
}

fn interval(name: &str, count: &str) -> Option<String> {
    let unit = unit(name)?;
    match unit.as_str() {
        "second" | "minute" | "hour" | "day" | "week" | "month" | "year" => {
            Some(format!("CAST({count}||' {unit}' as interval)"))
        }
        "quarter" => Some(format!("CAST(({count}::int * 3) || ' month' as interval)")),
        _ => None,
    }
}

fn field(name: &str) -> Option<String> {
    unit(name).filter(|unit| matches!(unit.as_str(), "second" | "minute" | "hour" | "day"))
}
