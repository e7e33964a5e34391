//! A PostgreSQL server in a container. The container keeps running while the server starts and stops, so that
//! its port and its data remain.

use std::path::Path;

use anyhow::{Context, Result};

use super::files::{Files, INITDB};
use crate::certificates::ServerCertificate;
use crate::container::Container;
use crate::image::Image;

const PORT: u16 = 5432;
const FOLDER: &str = "/var/lib/postgresql/devstack";

/// Defines `as_postgres`, which runs a line as the user of the server, with the server's programs in `PATH`.
const PRELUDE: &str = r#"
set -e
cd /
programs=$(ls -d /usr/lib/postgresql/*/bin /usr/local/bin 2>/dev/null | head -n 1)
as_postgres() { su -s /bin/sh postgres -c "PATH=$programs:\$PATH; export LC_ALL=C.UTF-8; $1"; }
"#;

#[derive(Debug)]
pub(super) struct InContainer(Container);

impl InContainer {
    /// Starts the container and creates a database cluster.
    pub(super) async fn create(files: &Files) -> Result<Self> {
        let idle = ["-c", "trap exit TERM; while :; do sleep 3600 & wait $!; done"];
        let container = Container::start(&Image::postgres()?, Some("sh"), &idle, &[], PORT).await?;
        let script = format!(
            r#"mkdir -p {FOLDER}; printf %s "$1" >{FOLDER}/password; chown -R postgres {FOLDER}
            as_postgres "initdb {} --pwfile={FOLDER}/password --pgdata={FOLDER}/data" >&2
            printf %s "$2" >{FOLDER}/data/pg_hba.conf
            echo "include 'devstack.conf'" >>{FOLDER}/data/postgresql.conf"#,
            INITDB.join(" ")
        );
        let own = Self(container);
        own.run(&script, &[&files.password, &files.hba()])
            .await
            .context("cannot create a PostgreSQL cluster")?;
        Ok(own)
    }

    pub(super) async fn launch(&self, files: &Files, certificate: Option<&ServerCertificate>) -> Result<()> {
        let tls = certificate.map(|_| Path::new(FOLDER));
        let (public, key) = certificate.map_or(("", ""), |own| (own.certificate.as_str(), own.key.as_str()));
        let script = format!(
            r#"cd {FOLDER}; printf %s "$1" >server.crt; printf %s "$2" >server.key; chmod 600 server.key
            printf %s "$3" >data/devstack.conf; chown -R postgres .
            as_postgres "pg_ctl start -w -D {FOLDER}/data -l {FOLDER}/log" >&2 || {{ tail -n 15 log >&2; exit 1; }}"#
        );
        self.run(&script, &[public, key, &files.settings("*", PORT, tls)])
            .await
            .context("PostgreSQL does not start")
    }

    pub(super) async fn become_standby(&self) -> Result<()> {
        self.run(&format!("as_postgres 'touch {FOLDER}/data/standby.signal'"), &[]).await
    }

    /// Stops the server by a fast shutdown, so that it can be started again without recovery.
    pub(super) async fn stop(&self) -> Result<()> {
        let script = format!(r#"as_postgres "pg_ctl stop -w -m fast -D {FOLDER}/data" >&2"#);
        self.run(&script, &[]).await.context("PostgreSQL does not stop")
    }

    pub(super) fn port(&self) -> u16 {
        self.0.port()
    }

    async fn run(&self, script: &str, arguments: &[&str]) -> Result<()> {
        self.0.run(&format!("{PRELUDE}{script}"), arguments).await
    }
}
