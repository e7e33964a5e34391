//! Ctrl-C and the other signals that end a program: the first stops cleanly, the second exits at once.

use std::io::Write;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};

/// SIGHUP, of a terminal that is closed.
const HANGUP: i32 = 1;
/// SIGXCPU, of a process that has used up its time.
const CPU_TIME: i32 = 24;
/// SIGXFSZ, of a file that has reached the limit of its size.
const FILE_SIZE: i32 = 25;

/// The first signal that was received; 0 if there was none.
static RECEIVED: AtomicI32 = AtomicI32::new(0);

/// Two flags: `once` becomes true at the first signal, `twice` at the second.
#[derive(Debug, Clone)]
pub(super) struct Interrupts {
    pub(super) once: watch::Receiver<bool>,
    twice: watch::Receiver<i32>,
    /// The senders, until signals are watched.
    waiting: Arc<Mutex<Option<Senders>>>,
    /// Whether the first signal is answered on standard error.
    announces: bool,
}

type Senders = (watch::Sender<bool>, watch::Sender<i32>);

impl Interrupts {
    /// Creates the flags; signals are not watched yet.
    pub(super) fn new(announces: bool) -> Self {
        let ((first, once), (second, twice)) = (watch::channel(false), watch::channel(0));
        Self { once, twice, waiting: Arc::new(Mutex::new(Some((first, second)))), announces }
    }

    /// Starts to watch for signals, unless they are watched already.
    pub(super) fn watch(&self) {
        let senders = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((first, second)) = senders else { return };
        let announces = self.announces;
        let mut received = signals();
        tokio::spawn(async move {
            while let Some(number) = received.recv().await {
                if *first.borrow() {
                    let _ = second.send(number);
                } else {
                    RECEIVED.store(number, Ordering::Relaxed);
                    let _ = first.send(true);
                    if announces {
                        // The terminal may be gone.
                        let _ = writeln!(
                            std::io::stderr(),
                            "\nInterrupted: cancelling, nothing is left behind. Interrupt again to exit at once."
                        );
                    }
                }
            }
        });
    }

    /// Runs `work`. At the second signal drops it, which removes its files, and exits.
    pub(super) async fn unless_twice<T>(mut self, work: impl Future<Output = T>) -> T {
        let number = tokio::select! {
            biased;
            Ok(number) = self.twice.wait_for(|number| *number != 0) => *number,
            done = work => return done,
        };
        // Exits instead of returning: the runtime would wait for a name that is being resolved.
        std::process::exit(exit_status(number).into())
    }
}

/// Returns the number of the first signal, if there was one.
pub(super) fn received() -> Option<i32> {
    Some(RECEIVED.load(Ordering::Relaxed)).filter(|number| *number != 0)
}

/// Returns the exit status that a shell reports for a program ended by this signal.
pub(super) fn exit_status(number: i32) -> u8 {
    u8::try_from(128 + number).unwrap_or(u8::MAX)
}

/// Catches the signals, and returns their numbers as they come.
fn signals() -> mpsc::UnboundedReceiver<i32> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let others = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::quit(),
        SignalKind::from_raw(CPU_TIME),
    ];
    // Started by nohup, the program outlives its terminal.
    let hangup = (!is_ignored(HANGUP)).then(SignalKind::hangup);
    for kind in others.into_iter().chain(hangup) {
        let Ok(mut stream) = signal(kind) else { continue };
        let sender = sender.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() && sender.send(kind.as_raw_value()).is_ok() {}
        });
    }
    // Caught, so that the write fails with an error instead of ending the program.
    let _ = signal(SignalKind::from_raw(FILE_SIZE));
    receiver
}

/// Returns whether the program was started with the signal ignored, which can be found out on Linux only.
fn is_ignored(number: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask >> (number - 1) & 1 == 1)
}
