//! An HTTP proxy in front of AWS endpoints that injects faults into chosen calls and records all calls.

mod apply;
mod call;
mod fault;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};

use crate::http::{Body, Peer, Server, send};

pub use call::Call;
pub use fault::HttpFault;

/// A rule that applies a fault to some calls.
#[derive(Clone, Debug)]
pub struct Rule {
    service: &'static str,
    action: &'static str,
    first: u64,
    count: u64,
    header: Option<&'static str>,
    header_value: Option<&'static str>,
    fault: HttpFault,
    seen: u64,
    body: Option<&'static str>,
    region: Option<&'static str>,
    target: Option<&'static str>,
}

impl Rule {
    /// Applies the fault to every call of an action, such as `"s3"`, `"UploadPart"`. Services are named as in
    /// signatures: `s3`, `ssm`, `sts`, `secretsmanager`, `rds`, `monitoring`. The action `"*"` stands for all
    /// actions.
    pub fn every(service: &'static str, action: &'static str, fault: HttpFault) -> Self {
        Self {
            service,
            action,
            first: 1,
            count: u64::MAX,
            fault,
            seen: 0,
            header: None,
            header_value: None,
            body: None,
            region: None,
            target: None,
        }
    }

    /// Applies the fault only to the nth call of an action since the rule was added, counted from 1.
    pub fn nth(service: &'static str, action: &'static str, nth: u64, fault: HttpFault) -> Self {
        Self { first: nth, count: 1, ..Self::every(service, action, fault) }
    }

    /// Applies the fault to the first `count` calls of an action since the rule was added.
    pub fn first(service: &'static str, action: &'static str, count: u64, fault: HttpFault) -> Self {
        Self { count, ..Self::every(service, action, fault) }
    }

    /// Restricts the rule to calls whose body contains this text.
    #[must_use]
    pub fn with_body(self, text: &'static str) -> Self {
        Self { body: Some(text), ..self }
    }

    /// Restricts the rule to calls with this header, such as `x-amz-expected-bucket-owner`.
    #[must_use]
    pub fn with_header(self, name: &'static str) -> Self {
        Self { header: Some(name), ..self }
    }

    /// Restricts the rule to calls with this value of a header, such as `UNSIGNED-PAYLOAD` of `x-amz-content-sha256`.
    #[must_use]
    pub fn with_header_value(self, name: &'static str, value: &'static str) -> Self {
        Self { header: Some(name), header_value: Some(value), ..self }
    }

    /// Restricts the rule to calls that are signed for this region.
    #[must_use]
    pub fn in_region(self, region: &'static str) -> Self {
        Self { region: Some(region), ..self }
    }

    /// Restricts the rule to calls whose path and query contain this text as they are sent, such as the end of a key.
    #[must_use]
    pub fn with_target(self, text: &'static str) -> Self {
        Self { target: Some(text), ..self }
    }

    fn matches(&mut self, call: &Call) -> bool {
        let body = || String::from_utf8_lossy(&call.body);
        if self.body.is_some_and(|text| !body().contains(text)) {
            return false;
        }
        if self.service != call.service || (self.action != "*" && self.action != call.action) {
            return false;
        }
        if let Some(name) = self.header
            && (!call.headers.contains_key(name)
                || self.header_value.is_some_and(|value| call.header(name) != value))
        {
            return false;
        }
        if self.region.is_some_and(|region| call.region() != region) {
            return false;
        }
        if self.target.is_some_and(|text| !call.target.contains(text)) {
            return false;
        }
        self.seen += 1;
        self.seen >= self.first && self.seen - self.first < self.count
    }
}

/// A proxy for all services on a free port of 127.0.0.1. Dropping it closes its connections.
#[derive(Debug)]
pub struct HttpProxy {
    server: Server,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// The service and the `host:port` of each endpoint. Service `*` stands for all others.
    upstreams: Vec<(String, String)>,
    rules: Mutex<Vec<Rule>>,
    calls: Mutex<Vec<Call>>,
}

impl HttpProxy {
    /// Forwards calls by service. The endpoint of `"*"` receives the calls of services without an endpoint of
    /// their own.
    ///
    /// # Errors
    /// Fails if no port is free.
    pub async fn start(upstreams: &[(&str, String)]) -> Result<Self> {
        let upstreams = upstreams.iter().map(|(service, to)| ((*service).to_owned(), to.clone())).collect();
        let shared = Arc::new(Shared { upstreams, rules: Mutex::default(), calls: Mutex::default() });
        let serving = Arc::clone(&shared);
        let server = Server::start_with_peer(0, move |request, peer| {
            let shared = Arc::clone(&serving);
            async move { shared.answer(request, peer).await }
        })
        .await?;
        Ok(Self { server, shared })
    }

    /// Returns the endpoint URL for every service.
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Returns its address, `127.0.0.1:port`.
    pub fn authority(&self) -> String {
        self.server.address.to_string()
    }

    /// Adds a rule. If several rules match a call, the oldest applies.
    pub fn rule(&self, rule: Rule) {
        lock(&self.shared.rules).push(rule);
    }

    /// Removes all rules and all recorded calls.
    pub fn clear(&self) {
        lock(&self.shared.rules).clear();
        lock(&self.shared.calls).clear();
    }

    /// Returns all calls in the order in which they were received.
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.shared.calls).clone()
    }

    /// Returns the calls of one action.
    pub fn calls_of(&self, service: &str, action: &str) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.service == service && call.action == action).collect()
    }
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>, peer: Peer) -> Result<Response<Body>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.context("the client's request is incomplete")?.to_bytes();
        let call = Call::new(&parts, &body);
        let fault =
            lock(&self.rules).iter_mut().find_map(|rule| rule.matches(&call).then(|| rule.fault.clone()));
        let index = {
            let mut calls = lock(&self.calls);
            calls.push(Call { fault: fault.clone(), ..call.clone() });
            calls.len() - 1
        };
        let forward = async |body: Bytes| {
            let answer =
                send(self.upstream(&call.service)?, Request::from_parts(parts, crate::http::full(body)))
                    .await?;
            if let Some(call) = lock(&self.calls).get_mut(index) {
                call.status = Some(answer.status);
                call.answer = call::kept(&answer.body);
            }
            Ok(answer)
        };
        apply::apply(fault, &call, body, &peer, forward).await
    }

    fn upstream(&self, service: &str) -> Result<&str> {
        let own = self.upstreams.iter().find(|(name, _)| name == service);
        let any = || self.upstreams.iter().find(|(name, _)| name == "*");
        own.or_else(any)
            .map(|(_, to)| to.as_str())
            .with_context(|| format!("no endpoint for service {service}"))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
