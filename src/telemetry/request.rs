//! The request that a task works for, which is named in its log lines, its metrics and its calls to AWS.

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio::task_local;

task_local! {
    static REQUEST: RequestContext;
}

/// The ids of a request. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct RequestContext(Arc<Ids>);

#[derive(Debug)]
struct Ids {
    request_id: String,
    trace_id: Option<String>,
    trace_header: Option<String>,
}

impl RequestContext {
    /// Creates the context of a request, whose trace is named by X-Ray's header or by a W3C `traceparent`.
    pub fn new(request_id: &str, trace: Option<&str>) -> Self {
        let trace_header = trace.filter(|trace| of_x_ray(trace).is_some()).map(str::to_owned);
        let trace_id = trace.and_then(trace_id);
        Self(Arc::new(Ids { request_id: request_id.to_owned(), trace_id, trace_header }))
    }

    /// Runs `work` for this request.
    pub fn run<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        // Boxed, since the work of a request is large and would be on the stack twice.
        REQUEST.scope(self, Box::pin(work))
    }

    /// Returns the request that the current task works for.
    pub(super) fn current() -> Option<Self> {
        REQUEST.try_with(Self::clone).ok()
    }

    pub(super) fn request_id(&self) -> &str {
        &self.0.request_id
    }

    pub(super) fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }
}

/// Spawns a task that works for the same request as the current one.
pub fn spawn<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(for_current(work))
}

/// Runs `work` for the request of the current task, even in a task that is spawned elsewhere.
pub fn for_current<F: Future>(work: F) -> impl Future<Output = F::Output> {
    let request = RequestContext::current();
    async move {
        match request {
            Some(request) => request.run(work).await,
            None => work.await,
        }
    }
}

/// Returns X-Ray's header of the request that the current task works for, to be passed on to AWS.
pub fn trace_header() -> Option<String> {
    RequestContext::current()?.0.trace_header.clone()
}

fn of_x_ray(header: &str) -> Option<&str> {
    header.split(';').find_map(|part| part.trim().strip_prefix("Root="))
}

fn trace_id(header: &str) -> Option<String> {
    let of_w3c = || header.split('-').nth(1).filter(|id| id.len() == 32);
    let id = of_x_ray(header).or_else(of_w3c)?;
    let is_id = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    (!id.is_empty() && id.bytes().all(is_id)).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_named_by_x_ray_s_root_or_by_w3c_s_id() {
        let root = "1-5759e988-bd862e3fe1be46a994272793";
        assert_eq!(
            trace_id(&format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=1")).as_deref(),
            Some(root)
        );
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace_id(&format!("00-{id}-00f067aa0ba902b7-01")).as_deref(), Some(id));
        for no_trace in ["", "Root=", "Root=\"x\"", "00-short-00f067aa0ba902b7-01"] {
            assert_eq!(trace_id(no_trace), None, "{no_trace}");
        }
    }

    #[tokio::test]
    async fn a_spawned_task_works_for_the_same_request() {
        let id = || RequestContext::current().map(|request| request.request_id().to_owned());
        let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";
        let work = RequestContext::new("r-1", Some(header)).run(async {
            let spawned = spawn(async move { (id(), trace_header()) }).await.unwrap();
            (id(), spawned)
        });
        let others =
            RequestContext::new("r-2", Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
                .run(async { (id(), spawn(async move { (id(), trace_header()) }).await.unwrap()) });
        let (first, second) = tokio::join!(work, others);
        let [one, two] = ["r-1", "r-2"].map(|id| Some(id.to_owned()));
        assert_eq!(first, (one.clone(), (one, Some(header.to_owned()))));
        assert_eq!(second, (two.clone(), (two, None)), "AWS understands only X-Ray's header");
        assert_eq!(spawn(async move { id() }).await.unwrap(), None);
    }
}
