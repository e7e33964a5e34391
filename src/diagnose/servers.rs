//! Chooses the server to diagnose, if the command line names several.

use super::diagnosis::HopResult;
use crate::config::{DirectLogin, Login};
use crate::database::{Tried, try_in_order};

/// Returns the server that an extraction would use, or the one whose error it would return, and a result that
/// describes the others.
pub(super) async fn choose(login: &DirectLogin) -> (HopResult, Option<Login>) {
    if let [server] = &login.servers[..] {
        return (HopResult::skipped("the command line names the database"), Some(server.clone()));
    }
    let Tried { session, mut failures } = try_in_order(login).await;
    let chosen = if let Some((index, mut session)) = session {
        session.close_idle().await;
        index
    } else {
        failures.pop().map_or(0, |(index, _)| index)
    };
    let Some(server) = login.servers.get(chosen) else {
        return (HopResult::skipped("the command line names no server"), None);
    };
    let detail = format!(
        "Of the {} servers that the command line names, {} is looked at: an extraction would use it, or fail with it.",
        login.servers.len(),
        server.endpoint
    );
    let result = failures.into_iter().fold(HopResult::ok(detail), |result, (index, error)| {
        let passed_over = &login.servers[index].endpoint;
        result.warn(format!("{passed_over} is passed over: {}", error.message), error.hint)
    });
    (result, Some(server.clone()))
}
