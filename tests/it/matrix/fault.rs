//! The faults that a row applies, and how they are removed after it.

use std::sync::Arc;
use std::time::Duration;

use devstack::{Rule, TcpFault};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::matrix::environment::{Environment, RIVAL};
use crate::matrix::lane::Lane;

#[derive(Clone)]
pub enum Fault {
    /// A fault of the calls that the rule selects.
    Http(Rule),
    /// Faults of the next connections to the database, and of all after them.
    Tcp(Vec<TcpFault>, TcpFault),
    /// Nothing listens at the database's port, for a while or until the row is over.
    Refuse(Option<Duration>),
    /// No byte passes to or from the database for a second, once rows flow.
    Freeze,
    /// The connection is closed this many bytes before the end of everything that the server sends.
    CutBeforeEnd(u64),
    /// A statement of the superuser about the lane's role (`{role}`), and the one that reverts it after a
    /// while or when the row is over.
    Sql { before: &'static str, after: &'static str, lasts: Option<Duration> },
    /// The superuser calls this function (`pg_terminate_backend`) with the process of the nth session of the lane's role, once
    /// three of them execute a query that sleeps.
    Backend(usize, &'static str),
    /// Another session has locked the table `locked`.
    Lock,
    /// Another writer creates the object during a call of this S3 action.
    Rival(&'static str),
}

/// The faults that are applied until they are removed.
#[derive(Default)]
pub struct InForce {
    tasks: Vec<JoinHandle<()>>,
    sessions: Vec<tokio_postgres::Client>,
    sql: Vec<String>,
}

const A_MOMENT: Duration = Duration::from_millis(5);

/// Calls the function with the process of the nth session of a role, once three of them execute a query that sleeps.
async fn signal(environment: &Environment, role: &str, nth: usize, function: &str) {
    const SLEEPING: &str = "SELECT pid FROM pg_stat_activity WHERE usename = $1 AND wait_event = 'PgSleep' ORDER BY backend_start";
    let mut tries = 2_000;
    let victim = loop {
        let sleeping = environment.admin.query(SLEEPING, &[&role]).await.expect("the sessions");
        if sleeping.len() == 3 {
            break sleeping[nth - 1].get::<_, i32>(0);
        }
        tries -= 1;
        assert!(tries > 0, "{} sessions sleep", sleeping.len());
        sleep(A_MOMENT).await;
    };
    environment.admin.query(&format!("SELECT {function}($1)"), &[&victim]).await.expect("the superuser may");
}

impl Lane {
    /// Applies faults for a row that writes `key`.
    pub async fn strike(&self, environment: &'static Environment, faults: &[Fault], key: &str) -> InForce {
        let mut force = InForce::default();
        for fault in faults {
            match fault {
                Fault::Http(rule) => self.aws.rule(rule.clone()),
                Fault::Tcp(next, then) => self.database.fault_in_turn(next, *then),
                Fault::CutBeforeEnd(bytes) => {
                    self.database.fault_next(&[TcpFault::CutAfter(self.plain_small_bytes - bytes)]);
                }
                Fault::Refuse(lasts) => {
                    self.database.refuse(true).await.expect("a closed port");
                    if let Some(lasts) = *lasts {
                        let database = Arc::clone(&self.database);
                        force.tasks.push(tokio::spawn(async move {
                            sleep(lasts).await;
                            database.refuse(false).await.expect("an open port");
                        }));
                    }
                }
                Fault::Freeze => {
                    let database = Arc::clone(&self.database);
                    let before = database.accepted();
                    force.tasks.push(tokio::spawn(async move {
                        while database.accepted() == before || database.sent() < 1_000_000 {
                            sleep(A_MOMENT).await;
                        }
                        database.freeze(true);
                        sleep(Duration::from_secs(1)).await;
                        database.freeze(false);
                    }));
                }
                Fault::Sql { before, after, lasts } => {
                    let (before, after) =
                        (before.replace("{role}", &self.name), after.replace("{role}", &self.name));
                    environment.execute(&before).await;
                    match *lasts {
                        Some(lasts) => force.tasks.push(tokio::spawn(async move {
                            sleep(lasts).await;
                            environment.execute(&after).await;
                        })),
                        None => force.sql.push(after),
                    }
                }
                Fault::Backend(nth, function) => {
                    let (role, nth, function) = (self.name.clone(), *nth, *function);
                    force.tasks.push(tokio::spawn(async move {
                        signal(environment, &role, nth, function).await;
                    }));
                }
                Fault::Lock => {
                    let session = environment.fixture.stack.postgres.connect().await.expect("a session");
                    session.batch_execute("BEGIN; LOCK TABLE locked").await.expect("a lock");
                    force.sessions.push(session);
                }
                Fault::Rival(action) => {
                    let (aws, bucket, key, action) =
                        (Arc::clone(&self.aws), self.name.clone(), key.to_owned(), *action);
                    force.tasks.push(tokio::spawn(async move {
                        while aws.calls_of("s3", action).is_empty() {
                            sleep(A_MOMENT).await;
                        }
                        let account = environment.fixture.stack.account_a();
                        account.put_object(&bucket, &key, RIVAL).await.expect("the rival's object");
                    }));
                }
            }
        }
        force
    }

    /// Removes all faults. A fault that was to end by itself must have ended.
    pub async fn lift(&self, environment: &Environment, force: InForce) {
        self.aws.clear();
        self.database.fault(TcpFault::None);
        for task in force.tasks {
            task.await.expect("the fault came to its end");
        }
        self.database.refuse(false).await.expect("an open port");
        for sql in force.sql {
            environment.execute(&sql).await;
        }
        drop(force.sessions);
    }
}
