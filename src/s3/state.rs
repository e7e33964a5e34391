//! The state of an upload.

use super::create::Creating;
use super::multipart::Multipart;
use crate::part::Part;

/// The state of an upload.
///
/// It changes only between awaits and holds every part that S3 does not have yet. So a future that is dropped
/// in the middle leaves a state in which the next call continues, or which `abort` can undo.
#[derive(Debug)]
pub(super) enum State {
    /// Nothing is open. At most one part is kept, so that a small object takes one request.
    Collecting(Option<Part>),
    /// A multipart upload has been requested; parts wait for it.
    Opening { creating: Creating, waiting: Vec<Part> },
    /// It is open, but a rival may have its name.
    Claiming { open: Multipart, waiting: Vec<Part> },
    /// Parts are being sent. One that is too small for S3 is kept until there is a next one.
    Sending { open: Multipart, small: Option<Part> },
    /// The object has been requested in one request and may exist.
    Putting(Part),
    /// The completion of the multipart upload has been requested, and the object may exist.
    Completing(Multipart),
    /// Nothing is left to do or to undo.
    Done,
}

impl State {
    /// Returns the multipart upload that is known to be open.
    pub(super) fn multipart(&mut self) -> Option<&mut Multipart> {
        match self {
            Self::Claiming { open, .. } | Self::Sending { open, .. } | Self::Completing(open) => Some(open),
            Self::Collecting(_) | Self::Opening { .. } | Self::Putting(_) | Self::Done => None,
        }
    }

    /// Returns whether nothing is left to do or to undo.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Done)
    }

    /// Returns whether the object may exist although no response has said so.
    pub(super) fn is_in_doubt(&self) -> bool {
        matches!(self, Self::Putting(_) | Self::Completing(_))
    }
}
