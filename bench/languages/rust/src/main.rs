//! tower-http's `CorsLayer` as a peer.
//!
//! In the figure: `Cors::call` with what it reads of the request and writes into header maps, the polling of its
//! future, and what that allocates. Not in the figure: making the request and dropping the response, which happen
//! before the clock starts and after it stops; parsing, a connection, an executor: the future of a service that is
//! ready is polled once, by hand. The driver subtracts the same loop around the service alone, with its dropping of
//! the request.

use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, Request, Response};
use serde_json::{json, Value};
use std::cell::Cell;
use std::convert::Infallible;
use std::future::{ready, Future, Ready};
use std::hint::black_box;
use std::io::{BufRead, Write};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tower_http::cors::{Cors, CorsLayer};
use tower_layer::Layer;
use tower_service::Service;

/// An application that answers nothing.
#[derive(Clone)]
struct Application {
    calls: Rc<Cell<u64>>,
}

impl Service<Request<()>> for Application {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        self.calls.set(self.calls.get() + 1);
        drop(black_box(request));
        ready(Ok(Response::new(())))
    }
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().map(|text| text.as_str().expect("text")).collect()
}

/// `None`: the policy has a pattern, which the layer has no form for.
fn layer(policy: &Value) -> Option<CorsLayer> {
    let origins = strings(&policy["origins"]);
    if origins.iter().any(|origin| origin.contains('*')) {
        return None;
    }
    let origins = origins.iter().map(|origin| HeaderValue::from_str(origin).expect("an origin"));
    let methods = ["GET", "HEAD", "POST"].into_iter().chain(strings(&policy["methods"]));
    let methods = methods.map(|method| Method::from_bytes(method.as_bytes()).expect("a method"));
    let names = |list: &Value| -> Vec<HeaderName> {
        strings(list).iter().map(|name| HeaderName::from_bytes(name.as_bytes()).expect("a name")).collect()
    };
    Some(
        CorsLayer::new()
            .allow_origin(origins.collect::<Vec<_>>())
            .allow_credentials(policy["credentials"].as_bool().expect("a bool"))
            .allow_methods(methods.collect::<Vec<_>>())
            .allow_headers(names(&policy["headers"]))
            .expose_headers(names(&policy["expose"]))
            .max_age(Duration::from_secs(policy["max_age"].as_u64().expect("seconds"))),
    )
}

/// The requests of a case, to be cloned for each batch: their values share their bytes.
fn requests(case: &Value, batch: usize) -> Vec<(Method, HeaderMap)> {
    let origins = strings(&case["origins"]);
    let mut lines = Vec::new();
    for line in case["asked_headers"].as_array().expect("a list") {
        let number = |key: &str| line[key].as_u64().expect("a number") as usize;
        let value = line["text"].as_str().expect("text").repeat(number("repeat"));
        for _ in 0..number("copies") {
            lines.push(HeaderValue::from_str(&value).expect("a value"));
        }
    }
    let make = |i: usize| {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("api.example.com"));
        headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
        if !origins.is_empty() {
            headers.insert(header::ORIGIN, HeaderValue::from_str(origins[i % origins.len()]).expect("an origin"));
        }
        if let Some(method) = case["asked_method"].as_str() {
            headers.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_str(method).expect("a method"));
        }
        for line in &lines {
            headers.append(header::ACCESS_CONTROL_REQUEST_HEADERS, line.clone());
        }
        (Method::from_bytes(case["method"].as_str().expect("a method").as_bytes()).expect("a method"), headers)
    };
    (0..batch).map(make).collect()
}

fn request((method, headers): &(Method, HeaderMap)) -> Request<()> {
    let mut request = Request::new(());
    *request.method_mut() = method.clone();
    *request.headers_mut() = headers.clone();
    request
}

fn call<S>(service: &mut S, request: Request<()>) -> Response<()>
where
    S: Service<Request<()>, Response = Response<()>, Error = Infallible>,
{
    let mut context = Context::from_waker(Waker::noop());
    let _ = service.poll_ready(&mut context);
    match pin!(service.call(request)).poll(&mut context) {
        Poll::Ready(Ok(response)) => response,
        _ => panic!("it waits"),
    }
}

fn time<S>(service: &mut S, prepared: &[(Method, HeaderMap)], budget: Duration) -> Value
where
    S: Service<Request<()>, Response = Response<()>, Error = Infallible>,
{
    let (mut spent, mut operations) = (Duration::ZERO, 0);
    let mut responses = Vec::with_capacity(prepared.len());
    let mut ready = Vec::with_capacity(prepared.len());
    while spent < budget {
        ready.extend(prepared.iter().map(request));
        let start = Instant::now();
        for request in ready.drain(..) {
            responses.push(black_box(call(service, black_box(request))));
        }
        spent += start.elapsed();
        operations += prepared.len();
        responses.clear();
    }
    json!({"ns": spent.as_nanos() as f64 / operations as f64, "operations": operations})
}

fn answer(service: &mut Cors<Application>, prepared: &(Method, HeaderMap), calls: &Cell<u64>) -> Value {
    calls.set(0);
    let response = call(service, request(prepared));
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: Vec<_> = response.headers().iter().map(|(name, value)| (name.as_str(), text(value))).collect();
    json!({"status": response.status().as_u16(), "headers": headers, "passed": calls.get() > 0})
}

fn main() {
    let path = std::env::args().nth(1).expect("the file with the cases");
    let all: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("the cases")).expect("JSON");
    let cases = all["cases"].as_array().expect("a list");
    let batch = all["batch"].as_u64().expect("a number") as usize;
    let mut application = Application { calls: Rc::default() };
    let mut out = std::io::stdout();
    for asked in std::io::stdin().lock().lines() {
        let asked = asked.expect("a line");
        let words: Vec<_> = asked.split(' ').collect();
        let number: usize = words[2].parse().expect("a number");
        let budget = Duration::from_millis(words.get(3).map_or(0, |ms| ms.parse().expect("milliseconds")));
        let case = &cases[number];
        let prepared = requests(case, batch);
        let told = if words[0] == "empty" {
            time(&mut application, &prepared, budget)
        } else if let Some(layer) = layer(&all["policies"][case["policy"].as_str().expect("a name")]) {
            let mut service = layer.layer(application.clone());
            match words[0] {
                "answer" => answer(&mut service, &prepared[0], &application.calls),
                _ => time(&mut service, &prepared, budget),
            }
        } else {
            json!({"skip": "it has no patterns"})
        };
        writeln!(out, "{told}").and_then(|()| out.flush()).expect("stdout");
    }
}
