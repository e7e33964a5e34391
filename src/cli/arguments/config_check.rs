//! The flags of `config check`.

use clap::Args;

use super::AwsArguments;

/// The flags of `config check`.
#[derive(Debug, Clone, Args)]
pub(crate) struct CheckArguments {
    /// SSM parameter with the configuration, or a path that ends in / [default: that of the function].
    pub(crate) name: Option<String>,
    /// File with the configuration in JSON, or - for standard input; AWS is not called.
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    pub(crate) file: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArguments,
    /// Print the answer as JSON, even on a terminal.
    #[arg(long, help_heading = "Answer")]
    pub(crate) json: bool,
}
