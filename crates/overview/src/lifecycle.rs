//! The ends of support of engine versions, and of the validity of certificate authorities.

use chrono::NaiveDate;

/// The sources of the ends of standard support, as of autumn 2026. RDS and Aurora have the same dates.
pub const SUPPORT_SOURCES: [&str; 2] = [
    "https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html",
    "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraPostgreSQLReleaseNotes/aurorapostgresql-release-calendar.html",
];

/// The last day of standard support by major version.
const SUPPORT: [(u32, i32, u32, u32); 8] = [
    (11, 2024, 2, 29),
    (12, 2025, 2, 28),
    (13, 2026, 2, 28),
    (14, 2027, 2, 28),
    (15, 2028, 2, 29),
    (16, 2029, 2, 28),
    (17, 2030, 2, 28),
    (18, 2031, 2, 28),
];

/// Returns the last day of a PostgreSQL version's standard support. After it Amazon charges for extended
/// support, or upgrades the database. Versions older than the table have the first day of the table. Returns
/// `None` for other engines and for newer versions.
///
/// ```
/// let ends = extractor_overview::standard_support_ends("aurora-postgresql", "14.6").unwrap();
/// assert_eq!(ends.to_string(), "2027-02-28");
/// assert_eq!(extractor_overview::standard_support_ends("mysql", "8.0.39"), None);
/// ```
pub fn standard_support_ends(engine: &str, version: &str) -> Option<NaiveDate> {
    if !matches!(engine, "postgres" | "aurora-postgresql") {
        return None;
    }
    let major: u32 = version.split('.').next()?.parse().ok()?;
    let row = SUPPORT.iter().find(|row| row.0 == major.max(SUPPORT[0].0))?;
    NaiveDate::from_ymd_opt(row.1, row.2, row.3)
}

/// Returns the day on which a certificate authority of RDS expires in the first region. Those since 2021
/// expire from May 2061 or May 2121 on, depending on the region; for them it is the first day of that year.
///
/// Source: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html> and the bundle of
/// certificates that it links.
pub fn certificate_authority_ends(identifier: &str) -> Option<NaiveDate> {
    let (year, month, day) = match identifier {
        "rds-ca-2015" => (2020, 3, 5),
        "rds-ca-2019" => (2024, 8, 22),
        "rds-ca-rsa2048-g1" => (2061, 1, 1),
        "rds-ca-rsa4096-g1" | "rds-ca-ecc384-g1" => (2121, 1, 1),
        _ => return None,
    };
    NaiveDate::from_ymd_opt(year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_date_and_they_rise() {
        let ends: Vec<NaiveDate> = SUPPORT
            .iter()
            .map(|row| standard_support_ends("postgres", &format!("{}.1", row.0)).expect("a date"))
            .collect();
        assert!(ends.is_sorted());
        assert_eq!(ends.len(), SUPPORT.len());
    }

    #[test]
    fn what_is_older_than_the_table_has_ended_and_what_is_newer_is_not_known() {
        assert_eq!(standard_support_ends("postgres", "9.6.24"), standard_support_ends("postgres", "11.22"));
        assert_eq!(standard_support_ends("postgres", "40.1"), None);
        assert_eq!(standard_support_ends("postgres", ""), None);
    }

    #[test]
    fn old_authorities_have_ended() {
        let ended = certificate_authority_ends("rds-ca-2019").unwrap();
        assert!(ended < certificate_authority_ends("rds-ca-rsa2048-g1").unwrap());
        assert_eq!(certificate_authority_ends("customer-ca"), None);
    }
}
