//! How far an upload is.

use super::create::Creating;
use super::multipart::Multipart;
use crate::part::Part;

/// How far an upload is.
///
/// It changes between awaits only and holds every part that S3 does not have yet. So a future that is dropped in the
/// middle leaves a state that the next call takes up where it was, or that `abort` can undo.
#[derive(Debug)]
pub(super) enum State {
    /// Nothing is open. One part at most is kept, so that a small object is one request.
    Collecting(Option<Part>),
    /// A multipart upload is asked for; parts wait for it.
    Opening { creating: Creating, waiting: Vec<Part> },
    /// It is open, but a rival may have its name.
    Claiming { open: Multipart, waiting: Vec<Part> },
    /// Parts travel. One that is too small for S3 is kept until there is a next.
    Sending { open: Multipart, small: Option<Part> },
    /// The object was asked for in one request and may stand.
    Putting(Part),
    /// The object was asked for in parts and may stand.
    Completing(Multipart),
    /// Nothing is left to do or to undo.
    Done,
}

impl State {
    /// The multipart upload that is known to be open.
    pub(super) fn multipart(&mut self) -> Option<&mut Multipart> {
        match self {
            Self::Claiming { open, .. } | Self::Sending { open, .. } | Self::Completing(open) => Some(open),
            Self::Collecting(_) | Self::Opening { .. } | Self::Putting(_) | Self::Done => None,
        }
    }

    /// Whether the object may stand without our having heard of it.
    pub(super) fn is_in_doubt(&self) -> bool {
        matches!(self, Self::Putting(_) | Self::Completing(_))
    }
}
