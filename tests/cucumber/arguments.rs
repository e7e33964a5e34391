//! The command line: cucumber's own options and the ones that cargo and test runners pass to every test program.

use std::path::Path;

use cucumber::gherkin::{Feature, Scenario};

/// The options of libtest. Without them `cargo test -- --test-threads=1` would fail in this program.
#[derive(Clone, Debug, Default, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "they are libtest's switches")]
pub struct Libtest {
    /// Runs the scenarios whose file, feature or name contains one of these words
    words: Vec<String>,
    /// Skips the scenarios that contain this word
    #[arg(long)]
    skip: Vec<String>,
    /// How many scenarios run at once
    #[arg(long)]
    pub test_threads: Option<usize>,
    /// Compares the words with whole names
    #[arg(long)]
    exact: bool,
    #[arg(long, hide = true)]
    pub list: bool,
    #[arg(long, hide = true)]
    ignored: bool,
    #[arg(long, hide = true)]
    include_ignored: bool,
    #[arg(long, hide = true, alias = "no-capture")]
    nocapture: bool,
    #[arg(long, hide = true)]
    show_output: bool,
    #[arg(long, short, hide = true)]
    quiet: bool,
    #[arg(long, hide = true)]
    format: Option<String>,
    #[arg(short = 'Z', hide = true)]
    unstable: Option<String>,
}

impl Libtest {
    /// Returns whether a scenario is selected.
    pub fn choose(&self, feature: &Feature, scenario: &Scenario) -> bool {
        let file = feature.path.as_deref().and_then(Path::file_stem).unwrap_or_default();
        let names = [file.to_string_lossy().into_owned(), feature.name.clone(), scenario.name.clone()];
        let has = |word: &String| {
            names.iter().any(|name| if self.exact { name == word } else { name.contains(word.as_str()) })
        };
        let wanted = self.words.is_empty() || self.words.iter().any(has);
        // No scenario is ignored, so --ignored selects none.
        wanted && !self.skip.iter().any(has) && !self.ignored
    }
}
