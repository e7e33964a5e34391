//! Ctrl-C and SIGTERM: once to stop cleanly, twice to leave at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// What a shell reports of a program that SIGINT ended.
const INTERRUPTED: i32 = 130;

/// Turns true at the first signal; the process ends at the second.
pub(super) fn watch() -> watch::Receiver<bool> {
    let (interrupt, interrupted) = watch::channel(false);
    tokio::spawn(async move {
        let (Ok(mut int), Ok(mut term)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return;
        };
        loop {
            tokio::select! { _ = int.recv() => {}, _ = term.recv() => {} }
            if *interrupt.borrow() {
                std::process::exit(INTERRUPTED);
            }
            eprintln!("Interrupted: cancelling the query and the upload. Once more leaves at once.");
            let _ = interrupt.send(true);
        }
    });
    interrupted
}
