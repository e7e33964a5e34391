//! The flags of `watermark`.

use clap::{Args, Subcommand};

use super::AwsArguments;

/// What to do with the state of an incremental export.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum WatermarkCommand {
    /// Print the state, and the name of the next object.
    #[command(after_help = super::examples::WATERMARK_SHOW)]
    Show(PlaceArguments),
    /// Move the lower bound of the next window, or accept another cluster.
    #[command(after_help = super::examples::WATERMARK_SET)]
    Set(SetArguments),
    /// Have the next run export the whole table once more, into a folder of its own.
    #[command(after_help = super::examples::WATERMARK_RESET)]
    Reset(ResetArguments),
}

/// The place of a stream.
#[derive(Debug, Clone, Args)]
pub(crate) struct PlaceArguments {
    /// The folder of the stream: `s3://BUCKET/PREFIX/STREAM`, or its path on this machine.
    pub(crate) folder: String,
    /// Account that must own the bucket.
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) bucket_owner: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArguments,
}

/// The flags of `watermark set`.
#[derive(Debug, Clone, Args)]
#[group(id = "what", required = true, multiple = true, args = ["lower", "timeline", "system"])]
pub(crate) struct SetArguments {
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    /// The id of the transaction at which the next window begins.
    #[arg(long, value_name = "ID")]
    pub(crate) lower: Option<u64>,
    /// The timeline that the cluster has now.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) timeline: Option<u32>,
    /// The system identifier that the cluster has now.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) system: Option<u64>,
    /// Change it; without this flag, only say what that would do.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// The flags of `watermark reset`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ResetArguments {
    #[command(flatten)]
    pub(crate) place: PlaceArguments,
    /// Change it; without this flag, only say what that would do.
    #[arg(long)]
    pub(crate) yes: bool,
}
