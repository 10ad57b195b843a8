//! What was asked, and how long it took, in Prometheus' form. Addresses stand there as patterns, so
//! that nobody reads in it what was looked for.

use std::time::Duration;

use axum::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Bounds of the classes of times, in seconds.
const BOUNDS: [f64; 10] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

/// Counts since the server started.
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Asked, Counter>,
    times: Family<Route, Histogram>,
}

impl Metrics {
    pub(super) fn new() -> Metrics {
        let mut registry = Registry::with_prefix("relata");
        let requests = Family::<Asked, Counter>::default();
        let times = Family::<Route, Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
        registry.register("requests", "Requests that were answered", requests.clone());
        registry.register_with_unit("request_duration", "How long answers took", Unit::Seconds, times.clone());
        Metrics { registry, requests, times }
    }

    /// Counts a request. Methods that nobody knows count as one.
    pub(super) fn count(&self, method: &Method, route: &str, status: u16, time: Duration) {
        let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS];
        let method = if known.contains(method) { method.as_str() } else { "OTHER" }.to_owned();
        self.requests.get_or_create(&Asked { method, route: route.to_owned(), status }).inc();
        self.times.get_or_create(&Route { route: route.to_owned() }).observe(time.as_secs_f64());
    }

    /// The counts as text.
    pub(super) fn written(&self) -> String {
        let mut text = String::new();
        // Text takes everything.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
