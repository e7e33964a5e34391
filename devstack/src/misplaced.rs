//! Secrets as they are put into wrong places, for tests that try every place.

/// Returns what people put into a wrong place: values of every form in which this password occurs.
pub fn misplaced(password: &str) -> Vec<String> {
    vec![
        format!("postgresql://reader:{password}@db.internal:5432/shop?sslmode=require"),
        format!("jdbc:postgresql://db.internal/shop?user=reader&password={password}"),
        format!("https://db.internal/{password}"),
        format!("reader:{password}@db.internal"),
        format!("reader:{password}"),
        format!("host=db.internal user=reader password={password}"),
        format!("Server=db.internal;User Id=reader;Password={password};"),
        format!("{{\"username\": \"reader\", \"password\": \"{password}\"}}"),
        format!("{{\"password\": \"{password}"),
        format!("[\"reader\", \"{password}\"]"),
        format!("-----BEGIN PRIVATE KEY-----\n{password}\n-----END PRIVATE KEY-----\n"),
        format!("reader\n{password}"),
        format!("{password} "),
        format!("\t {password}"),
        format!("\u{feff}{password}"),
        format!("\u{feff}postgresql://reader:{password}@db.internal/shop"),
        format!(" {{\"password\": \"{password}\"}}\r\n"),
        format!("\u{feff}{{\"username\": \"reader\", \"password\": \"{password}\"}}"),
        format!("\"{password}\""),
        format!("password={password}"),
        format!("PGPASSWORD={password} psql shop"),
        format!("reader/{password}@db.internal"),
    ]
}
