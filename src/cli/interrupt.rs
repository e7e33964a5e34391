//! Ctrl-C and SIGTERM: the first stops cleanly, the second exits at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Two flags: `once` becomes true at the first signal, `twice` at the second.
#[derive(Debug, Clone)]
pub(super) struct Interrupts {
    pub(super) once: watch::Receiver<bool>,
    twice: watch::Receiver<bool>,
}

impl Interrupts {
    /// Starts to watch for signals.
    pub(super) fn watch() -> Self {
        let ((first, once), (second, twice)) = (watch::channel(false), watch::channel(false));
        tokio::spawn(async move {
            let (Ok(mut int), Ok(mut term)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            loop {
                tokio::select! { _ = int.recv() => {}, _ = term.recv() => {} }
                if *first.borrow() {
                    let _ = second.send(true);
                } else {
                    eprintln!(
                        "\nInterrupted: cancelling, nothing is left behind. Interrupt again to exit at once."
                    );
                    let _ = first.send(true);
                }
            }
        });
        Self { once, twice }
    }

    /// Runs `work`. At the second signal drops it, which removes its files, and exits.
    pub(super) async fn unless_twice<T>(mut self, work: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            Ok(_) = self.twice.wait_for(|twice| *twice) => {}
            done = work => return done,
        }
        // Exits instead of returning: the runtime would wait for a name that is being resolved.
        std::process::exit(super::exit::INTERRUPTED.into())
    }
}
