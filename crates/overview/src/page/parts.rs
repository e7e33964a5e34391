//! What all parts of the page show alike.

use maud::{Markup, html};

use crate::finding::Severity;

/// A name that others have given: by itself, whatever direction it runs in.
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
