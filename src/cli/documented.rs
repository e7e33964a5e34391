//! Every command that the documents show is one that the program understands.

use clap::Parser;

use super::arguments::Arguments;

/// The commands of a text's code, with their continued lines joined; comments and what a shell does around them are left out.
fn commands(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let mut commands = Vec::new();
    for line in joined.lines() {
        let line = line.trim();
        // Prose puts a command in backticks; a pipe may stand before it.
        for part in line.split('`').filter(|part| line.matches('`').count() > 1 || part.len() == line.len()) {
            if let Some(at) = part.find("rds-data-extractor ")
                && (at == 0 || part[..at].ends_with("| "))
            {
                let command = part[at..].split(" > ").next().unwrap_or_default();
                let command = command.split(" | ").next().unwrap_or_default();
                commands.push(command.split(" # ").next().unwrap_or_default().to_owned());
            }
        }
    }
    commands
}

#[test]
fn every_command_in_the_documents_is_understood() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("README.md")];
    files.extend(std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()));
    let mut count = 0;
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "md")) {
        for command in commands(&std::fs::read_to_string(file).unwrap()) {
            let words = shlex::split(&command).unwrap_or_else(|| panic!("{}: {command}", file.display()));
            if words.get(1).is_some_and(|word| word.starts_with("--") || word.chars().all(char::is_lowercase))
            {
                let parsed = Arguments::try_parse_from(words);
                assert!(parsed.is_ok(), "{}: {command}\n{}", file.display(), parsed.unwrap_err());
                count += 1;
            }
        }
    }
    assert!(count >= 4, "{count} commands were found");
}
