//! Reads a service of libpq's service files.

use std::path::PathBuf;

use super::connection_string::keyword;
use super::keyword::Keyword;
use crate::cli::input::{read_file, wrong};
use crate::environment::Environment;
use crate::error::Result;
use crate::form;

/// Returns the parameters of a service, from the user's file or that of the system.
pub(super) fn read(
    service: &str,
    file: Option<&str>,
    environment: &Environment,
) -> Result<Vec<(&'static Keyword, String)>> {
    let of_home = || Some(PathBuf::from(environment.get("HOME")?).join(".pg_service.conf"));
    let of_system = environment.get("PGSYSCONFDIR").unwrap_or("/etc/postgresql-common");
    let files =
        [file.map(PathBuf::from).or_else(of_home), Some(PathBuf::from(of_system).join("pg_service.conf"))];
    for (index, path) in files.into_iter().enumerate() {
        let Some(path) = path.filter(|path| path.exists() || (index == 0 && file.is_some())) else {
            continue;
        };
        let text = read_file("PGSERVICEFILE", &path.to_string_lossy())?;
        if let Some(parameters) =
            find(&text, service).map_err(|what| wrong(format!("A service file {what}.")))?
        {
            return Ok(parameters);
        }
    }
    Err(wrong(format!("The service {} is not defined.", form::shown(service)))
        .with_hint("Define it in ~/.pg_service.conf, or in the file that PGSERVICEFILE names."))
}

/// Returns the parameters of the section with this name.
fn find(text: &str, service: &str) -> std::result::Result<Option<Vec<(&'static Keyword, String)>>, String> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let header = format!("[{service}]");
    if !lines.any(|line| line == header) {
        return Ok(None);
    }
    let mut parameters = Vec::new();
    for line in lines.take_while(|line| !line.starts_with('[')) {
        let (name, value) = line.split_once('=').ok_or("has a line without =")?;
        parameters.push((keyword(name)?, value.to_owned()));
    }
    Ok(Some(parameters))
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_section_is_a_service() {
        let text = "# ours\n[other]\nhost=o\n\n [shop] \nhost=db\n# a comment\nport=5433\n[last]\nhost=l\n";
        let found: Vec<_> = find(text, "shop")
            .unwrap()
            .unwrap()
            .into_iter()
            .map(|(keyword, value)| (keyword.name, value))
            .collect();
        assert_eq!(found, [("host", "db".to_owned()), ("port", "5433".to_owned())]);
        assert!(find(text, "none").unwrap().is_none());
        assert!(find("[a]\nhost", "a").is_err());
    }
}
