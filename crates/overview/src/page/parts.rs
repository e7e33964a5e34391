//! Elements that several parts of the page share.

use maud::{Markup, html};

use crate::finding::Severity;

/// Returns a name that users have chosen, isolated from the direction of the text around it.
pub(super) fn name(text: &str) -> Markup {
    html! { bdi { (text) } }
}

pub(super) fn pill(severity: Severity, text: &str) -> Markup {
    let (class, sign) = match severity {
        Severity::Critical => ("pill bad", "▲"),
        Severity::Warning => ("pill warn", "●"),
    };
    html! { span class=(class) { span aria-hidden="true" { (sign) " " } (text) } }
}
