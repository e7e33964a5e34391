//! moto for the RDS API, CloudWatch and SNS, behind a proxy that adapts it to the stack.
//!
//! moto separates databases by account, but knows only access keys that its own STS has issued. So the proxy
//! asks the stack's STS for the account of the key that signed a request, and replaces it by a key of that
//! account in moto: an assumed role of account B sees the databases of account B, and no one else does. The
//! addresses that moto invents are replaced by that of the real server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{HeaderMap, Request, Response};
use rustix::process::Signal;

use crate::aws::{Aws, elements};
use crate::background;
use crate::container::Container;
use crate::free_port::free_port;
use crate::http::{self, Answer, Body, full, send};
use crate::image::Image;
use crate::process::Process;
use crate::python::{self, Environment, Packages};
use crate::scratch;
use crate::server::Server;
use crate::where_to_run::Where;

pub(crate) const PACKAGES: Packages =
    Packages { name: "moto", requirements: include_str!("../python/moto.txt") };

/// A running moto with its proxy. Dropping it stops both.
#[derive(Debug)]
pub struct Moto {
    proxy: http::Server,
    accounts: Arc<Accounts>,
    server: Server,
}

/// The addresses of the databases: the usual one, and those set by [`Moto::set_address`].
#[derive(Debug)]
struct Addresses {
    usual: (String, u16),
    by_identifier: HashMap<String, (String, u16)>,
    /// The instances that are the writers of their clusters, if set by [`Moto::set_writer`].
    writers: Option<Vec<String>>,
}

#[derive(Debug)]
struct Accounts {
    moto: String,
    sts: String,
    keys: Mutex<HashMap<String, String>>,
    /// moto responds 500 if one thread iterates over its databases while another one adds a database.
    one_at_a_time: tokio::sync::Mutex<()>,
    addresses: Mutex<Addresses>,
}

impl Moto {
    /// Starts moto. `sts` is the `host:port` of the STS that issues the credentials, and `database` the
    /// address of the server that every database of the RDS API represents.
    ///
    /// # Errors
    /// Fails if moto does not start, or if Python or the network is missing for its installation.
    pub async fn start(sts: &str, database: (&str, u16)) -> Result<Self> {
        Self::before(Self::start_server().await?, sts, database).await
    }

    /// Starts moto without a stack: all access keys belong to one account, and every database is at `database`.
    ///
    /// # Errors
    /// Fails as [`Self::start`] does.
    pub async fn alone(database: (&str, u16)) -> Result<Self> {
        let server = Self::start_server().await?;
        let sts = server.authority();
        Self::before(server, &sts, database).await
    }

    /// Starts moto without the proxy, so that it does not have to wait for the STS and the database.
    pub(crate) async fn start_server() -> Result<Server> {
        let server = match Where::choose(python::is_installed, python::MISSING)? {
            Where::Process => background::blocking(launch).await?,
            Where::Container => Server::Container(contain().await?),
        };
        server.wait_until_healthy("moto", "/moto-api/").await?;
        Ok(server)
    }

    /// Starts the proxy in front of moto.
    pub(crate) async fn before(server: Server, sts: &str, database: (&str, u16)) -> Result<Self> {
        let addresses = Addresses {
            usual: (database.0.to_owned(), database.1),
            by_identifier: HashMap::new(),
            writers: None,
        };
        let accounts = Arc::new(Accounts {
            moto: server.authority(),
            sts: sts.to_owned(),
            keys: Mutex::default(),
            one_at_a_time: tokio::sync::Mutex::default(),
            addresses: Mutex::new(addresses),
        });
        let shared = Arc::clone(&accounts);
        let proxy = http::Server::start(0, move |request| {
            let accounts = Arc::clone(&shared);
            async move { accounts.answer(request).await }
        })
        .await?;
        Ok(Self { proxy, accounts, server })
    }

    /// Returns its address, `127.0.0.1:port`.
    pub fn authority(&self) -> String {
        self.proxy.address.to_string()
    }

    /// Returns the endpoint URL for the RDS API, CloudWatch and SNS.
    pub fn url(&self) -> String {
        format!("http://{}", self.authority())
    }

    /// Returns a client for this account.
    pub fn account(&self, account: &str) -> Aws {
        Aws::new(self.authority(), account)
    }

    /// Sets the address of an instance or cluster, which by default is that of the stack's PostgreSQL.
    pub fn set_address(&self, identifier: &str, host: &str, port: u16) {
        let mut addresses = self.accounts.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        addresses.by_identifier.insert(identifier.to_owned(), (host.to_owned(), port));
    }

    /// Makes these instances the writers of their clusters, and all others readers.
    pub fn set_writers(&self, instances: &[&str]) {
        let mut addresses = self.accounts.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        addresses.writers = Some(instances.iter().map(|instance| (*instance).to_owned()).collect());
    }

    /// Returns the lines that it has logged.
    pub async fn log(&self) -> Vec<String> {
        self.server.log().await
    }
}

fn launch() -> Result<Server> {
    let environment = Environment::of(PACKAGES)?;
    let folder = scratch::folder("moto")?;
    let port = free_port()?;
    let mut command = environment.module("moto.server");
    command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
    command.env("TMPDIR", folder.path()).current_dir(folder.path());
    let process = Process::start(&mut command, Signal::KILL)?;
    Ok(Server::Process { process, _folder: folder, port })
}

async fn contain() -> Result<Container> {
    let image = Image::moto()?;
    let own = image.own.then_some("/opt/moto/bin/python");
    let module: &[&str] = if image.own { &["-m", "moto.server", "-H", "0.0.0.0"] } else { &[] };
    Container::start(&image, own, module, &[], 5000).await
}

impl Accounts {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>> {
        let (mut parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let is_rds = text(&parts.headers, "authorization").contains("/rds/aws4_request");
        let answer = match self.key_for(&parts.headers).await {
            Ok((own, moto)) => {
                let signed = text(&parts.headers, "authorization").replace(&own, &moto);
                parts.headers.insert("authorization", signed.parse()?);
                parts.headers.remove("host");
                let _turn = self.one_at_a_time.lock().await;
                send(&self.moto, Request::from_parts(parts, full(body))).await?
            }
            Err(error) => refusal(&error)?,
        };
        let mut response = Response::builder().status(answer.status);
        if let Some(kind) = answer.headers.get("content-type") {
            response = response.header("content-type", kind);
        }
        let body = if is_rds { self.with_addresses(&answer.text()).into() } else { answer.body };
        Ok(response.body(full(body))?)
    }

    /// Returns the key that signed the request, and a key of the same account in moto.
    async fn key_for(&self, headers: &HeaderMap) -> Result<(String, String)> {
        let signed = text(headers, "authorization");
        let own = signed.split_once("Credential=").and_then(|(_, rest)| rest.split('/').next());
        let own = own.context("the request is not signed")?.to_owned();
        let known = self.keys.lock().unwrap_or_else(PoisonError::into_inner).get(&own).cloned();
        if let Some(moto) = known {
            return Ok((own, moto));
        }
        let identity = Aws::new(&self.sts, &own).query("sts", "GetCallerIdentity", &[]).await?;
        let account = elements(&identity, "Account").pop().context("STS names no account")?;
        let role = format!("arn:aws:iam::{account}:role/devstack");
        let fields = [("RoleArn", role.as_str()), ("RoleSessionName", "devstack")];
        let assumed = Aws::new(&self.moto, &account).query("sts", "AssumeRole", &fields).await?;
        let moto = elements(&assumed, "AccessKeyId").pop().context("moto gives no key")?;
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(own.clone(), moto.clone());
        Ok((own, moto))
    }

    /// Replaces the invented addresses and ports by the real ones.
    fn with_addresses(&self, xml: &str) -> String {
        let addresses = self.addresses.lock().unwrap_or_else(PoisonError::into_inner);
        let instances = rewrite(xml, "DBInstance", |instance| {
            let (host, port) = addresses.of(instance, "DBInstanceIdentifier");
            let instance = replace(instance, "Address", host);
            let instance = replace(&instance, "Port", &port.to_string());
            replace(&instance, "DbInstancePort", &port.to_string())
        });
        // A proxy has no port in the RDS API.
        let instances =
            rewrite(&instances, "DBProxies", |proxies| replace(proxies, "Endpoint", &addresses.usual.0));
        let members = rewrite(&instances, "DBClusterMember", |member| {
            let identifier = elements(member, "DBInstanceIdentifier").into_iter().next().unwrap_or_default();
            match &addresses.writers {
                Some(writers) => {
                    replace(member, "IsClusterWriter", &writers.contains(&identifier).to_string())
                }
                None => member.to_owned(),
            }
        });
        rewrite(&members, "DBCluster", |cluster| {
            let (host, port) = addresses.of(cluster, "DBClusterIdentifier");
            let cluster = replace(cluster, "Endpoint", host);
            let cluster = replace(&cluster, "ReaderEndpoint", host);
            replace(&cluster, "Port", &port.to_string())
        })
    }
}

impl Addresses {
    fn of(&self, xml: &str, element: &str) -> (&str, u16) {
        let identifier = elements(xml, element).into_iter().next().unwrap_or_default();
        let (host, port) = self.by_identifier.get(&identifier).unwrap_or(&self.usual);
        (host, *port)
    }
}

/// Changes the contents of every element with this name.
fn rewrite(xml: &str, name: &str, change: impl Fn(&str) -> String) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut pieces = xml.split(&open);
    let mut changed = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        changed.push_str(&open);
        match piece.split_once(&close) {
            Some((element, rest)) => changed.push_str(&(change(element) + &close + rest)),
            None => changed.push_str(piece),
        }
    }
    changed
}

/// Replaces the text of every element with this name that contains no other elements.
fn replace(xml: &str, name: &str, value: &str) -> String {
    rewrite(xml, name, |text| if text.contains('<') { text.to_owned() } else { value.to_owned() })
}

/// Returns RDS's response for a key that STS does not know.
fn refusal(error: &anyhow::Error) -> Result<Answer> {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>\
         <Message>The security token included in the request is invalid: {error}</Message></Error></ErrorResponse>"
    );
    let headers = HeaderMap::from_iter([(hyper::header::CONTENT_TYPE, "text/xml".parse()?)]);
    Ok(Answer { status: 403, headers, body: body.into() })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
