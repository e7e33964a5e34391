//! A target group whose targets have the states that AWS gives them, in front of moto's `ELBv2`.
//!
//! moto calls every target healthy at once, forgets a deregistered one, and refuses to deregister what is not
//! registered. AWS calls a new target `initial` for minutes, then `healthy` or `unhealthy`, lists a deregistered one as
//! `draining` for a while, and accepts the deregistration of an absent one.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, Response};
use percent_encoding::percent_decode_str;

use crate::http::{Body, Server, full, send};

/// A target group in front of moto. Dropping it stops it.
#[derive(Debug)]
pub struct LoadBalancer {
    server: Server,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    moto: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    targets: BTreeMap<Target, Health>,
    /// The number of descriptions in which a new target is `initial`, and a deregistered one `draining`.
    initial: u32,
    draining: u32,
    /// The addresses that do not answer the health check.
    silent: BTreeSet<Ipv4Addr>,
    history: Vec<BTreeSet<Ipv4Addr>>,
}

type Target = (Ipv4Addr, u16);

/// The state of a target, with the number of descriptions for which it lasts.
#[derive(Clone, Copy, Debug)]
enum Health {
    Initial(u32),
    Checked,
    Draining(u32),
}

impl LoadBalancer {
    /// Starts a target group in front of the moto at `host:port`. There a target group must have been created, which is
    /// the only one.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub async fn before(moto: impl Into<String>) -> Result<Self> {
        let shared = Arc::new(Shared { moto: moto.into(), state: Mutex::default() });
        let serving = Arc::clone(&shared);
        let server = Server::start(0, move |request| {
            let shared = Arc::clone(&serving);
            async move { shared.answer(request).await }
        })
        .await?;
        Ok(Self { server, shared })
    }

    /// Returns its address, `127.0.0.1:port`.
    pub fn authority(&self) -> String {
        self.server.address.to_string()
    }

    /// Sets in how many descriptions a new target is `initial`, and a deregistered one `draining`. Both are 0 at first.
    pub fn takes(&self, initial: u32, draining: u32) {
        let mut state = self.shared.state();
        (state.initial, state.draining) = (initial, draining);
    }

    /// Sets whether an address answers the health check, as every address does at first.
    pub fn answers(&self, address: Ipv4Addr, answers: bool) {
        let mut state = self.shared.state();
        if answers {
            state.silent.remove(&address);
        } else {
            state.silent.insert(address);
        }
    }

    /// Returns the registered addresses that are not being drained.
    pub fn registered(&self) -> BTreeSet<Ipv4Addr> {
        self.shared.state().registered()
    }

    /// Returns the registered addresses after each change, except those that are being drained.
    pub fn history(&self) -> Vec<BTreeSet<Ipv4Addr>> {
        self.shared.state().history.clone()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>> {
        let (mut parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let form = form(&body);
        let targets = targets(&form)?;
        parts.headers.remove("host");
        let action = form.get("Action").map_or("", String::as_str);
        if action == "DeregisterTargets" && !targets.iter().any(|target| self.state().is_registered(*target))
        {
            return respond(200, empty(action));
        }
        let answer = send(&self.moto, Request::from_parts(parts, full(body))).await?;
        if answer.status != 200 {
            return respond(answer.status, answer.text());
        }
        let mut state = self.state();
        match action {
            "RegisterTargets" => state.register(&targets),
            "DeregisterTargets" => state.deregister(&targets),
            "DescribeTargetHealth" => return respond(200, state.describe()),
            _ => {}
        }
        respond(200, answer.text())
    }
}

impl State {
    fn is_registered(&self, target: Target) -> bool {
        self.targets.get(&target).is_some_and(|health| !matches!(health, Health::Draining(_)))
    }

    fn registered(&self) -> BTreeSet<Ipv4Addr> {
        self.targets
            .keys()
            .filter(|target| self.is_registered(**target))
            .map(|(address, _)| *address)
            .collect()
    }

    fn register(&mut self, targets: &[Target]) {
        for target in targets {
            if !self.is_registered(*target) {
                self.targets.insert(*target, Health::Initial(self.initial));
            }
        }
        self.history.push(self.registered());
    }

    fn deregister(&mut self, targets: &[Target]) {
        for target in targets {
            if self.is_registered(*target) {
                self.targets.insert(*target, Health::Draining(self.draining));
            }
        }
        self.history.push(self.registered());
    }

    /// Returns the description of all targets, and lets them age by it.
    fn describe(&mut self) -> String {
        let mut members = String::new();
        self.targets.retain(|(address, port), health| {
            let checked = if self.silent.contains(address) { "unhealthy" } else { "healthy" };
            let name = match health {
                Health::Initial(0) | Health::Checked => {
                    *health = Health::Checked;
                    checked
                }
                Health::Initial(left) => {
                    *left -= 1;
                    "initial"
                }
                Health::Draining(0) => return false,
                Health::Draining(left) => {
                    *left -= 1;
                    "draining"
                }
            };
            let _ = write!(
                members,
                "<member><HealthCheckPort>{port}</HealthCheckPort><TargetHealth><State>{name}</State></TargetHealth>\
                 <Target><Id>{address}</Id><Port>{port}</Port></Target></member>"
            );
            true
        });
        xml(
            "DescribeTargetHealth",
            &format!("<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"),
        )
    }
}

fn respond(status: u16, xml: String) -> Result<Response<Body>> {
    Ok(Response::builder().status(status).header("content-type", "text/xml").body(full(xml))?)
}

fn empty(action: &str) -> String {
    xml(action, "")
}

fn xml(action: &str, result: &str) -> String {
    format!(
        "<{action}Response xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\"><{action}Result>{result}\
         </{action}Result><ResponseMetadata><RequestId>devstack</RequestId></ResponseMetadata></{action}Response>"
    )
}

fn form(body: &[u8]) -> HashMap<String, String> {
    let text = String::from_utf8_lossy(body);
    let fields = text.split('&').filter_map(|field| field.split_once('='));
    fields
        .map(|(name, value)| (name.to_owned(), percent_decode_str(value).decode_utf8_lossy().into()))
        .collect()
}

/// Returns the targets of a form.
fn targets(form: &HashMap<String, String>) -> Result<Vec<Target>> {
    let field = |number: usize, name: &str| form.get(&format!("Targets.member.{number}.{name}"));
    (1..)
        .map_while(|number| Some((field(number, "Id")?, field(number, "Port"))))
        .map(|(address, port)| Ok((address.parse()?, port.context("a target without a port")?.parse()?)))
        .collect()
}
