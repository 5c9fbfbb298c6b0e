//! The socket, the thread behind it, and what goes wrong on purpose. One thread, one runtime, gone when the sandbox is dropped.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use super::account::{API_KEY, CAMPAIGN_ID, TENANT};
use super::campaign::Campaign;
use super::faults::{Fault, Faults, Schedule};
use super::options::SandboxOptions;
use super::problem::{Answer, Problem};
use super::rate_limit::{RateLimit, Ticket};
use super::routes::{self, BASE_PATH, MEDIA_TYPE};
use crate::config::ClientConfig;
use crate::identifier::CampaignId;
use crate::model::CampaignState;

/// Requests that the log keeps; older ones are only counted.
const LOGGED: usize = 100_000;
/// The longest request body that is read.
const LONGEST_BODY: usize = 10 * 1024 * 1024;

/// A running sandbox on 127.0.0.1. Stopped when it is dropped: its thread is joined, its connections are closed.
#[derive(Debug)]
pub struct Sandbox {
    /// Where its thread is: a forked child has inherited the value, not the thread.
    process: u32,
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    options: SandboxOptions,
    world: Mutex<World>,
}

#[derive(Debug)]
struct World {
    campaign: Campaign,
    faults: Schedule,
    rate_limit: Option<RateLimit>,
    requests: usize,
    log: VecDeque<SeenRequest>,
}

/// A request as the sandbox saw it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SeenRequest {
    /// `PATCH` or `POST`.
    pub method: String,
    /// The path.
    pub path: String,
    /// The `action` of a PATCH.
    pub action: Option<String>,
    /// How long the body was, in bytes.
    pub body_bytes: usize,
    /// The status of the answer as far as one was sent; `None` if the connection was closed instead.
    pub status: Option<u16>,
    /// What went wrong with it.
    pub fault: Option<Fault>,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        // A panic in a test's own thread must not hide what the test is about.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sandbox {
    /// A sandbox with one dynamic campaign in CREATED, on a free port.
    ///
    /// # Errors
    /// If no port or thread can be had.
    pub fn start() -> io::Result<Self> {
        Self::start_with(SandboxOptions::default())
    }

    /// A sandbox with these options.
    ///
    /// # Errors
    /// If the port is taken, or no thread can be had.
    pub fn start_with(options: SandboxOptions) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let shared = Arc::new(Shared {
            world: Mutex::new(World {
                campaign: Campaign::new(CAMPAIGN_ID, &options),
                faults: Schedule::new(options.faults.clone(), options.seed),
                rate_limit: options.rate_limit.map(RateLimit::new),
                requests: 0,
                log: VecDeque::new(),
            }),
            options,
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("sandbox8x8".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = accept(listener, serving) => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            process: std::process::id(),
            address,
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Everything before `/{campaignId}`.
    pub fn base_url(&self) -> String {
        format!("http://{}{BASE_PATH}", self.address)
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The campaign that the sandbox comes with.
    pub fn campaign_id(&self) -> CampaignId {
        CampaignId::from(uuid::Uuid::from_u128(
            0x123e_4567_e89b_12d3_a456_4266_1417_4000,
        ))
    }

    /// The key that it accepts.
    pub fn api_key(&self) -> &'static str {
        API_KEY
    }

    /// The tenant that it knows.
    pub fn tenant(&self) -> &'static str {
        TENANT
    }

    /// Settings with which a client reaches it.
    pub fn config(&self) -> ClientConfig {
        ClientConfig::new()
            .api_key(API_KEY)
            .tenant(TENANT)
            .base_url(self.base_url())
    }

    /// The campaign's state now.
    pub fn state(&self) -> CampaignState {
        self.shared.world().campaign.state()
    }

    /// Puts the campaign into a state, past all rules.
    pub fn set_state(&self, state: CampaignState) {
        self.shared.world().campaign.set_state(state);
    }

    /// The ids on the campaign, in the order in which they came.
    pub fn stored(&self) -> Vec<String> {
        self.shared.world().campaign.stored()
    }

    /// The ids on the campaign, in the order in which they would be dialed.
    pub fn dial_order(&self) -> Vec<String> {
        self.shared.world().campaign.dial_order()
    }

    /// The campaign as a PATCH would answer it.
    pub fn campaign_json(&self) -> String {
        let mut world = self.shared.world();
        world.campaign.state();
        world.campaign.to_json().to_string()
    }

    /// How many requests came, those lost on the way included.
    pub fn requests(&self) -> usize {
        self.shared.world().requests
    }

    /// The latest 100,000 requests, oldest first.
    pub fn request_log(&self) -> Vec<SeenRequest> {
        self.shared.world().log.iter().cloned().collect()
    }

    /// Puts a record on the campaign as another writer would, without a request. False if it is there already.
    pub fn put_record(&self, crm_record_id: &str) -> bool {
        self.shared.world().campaign.put(crm_record_id)
    }

    /// What goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.world().faults.replace(faults);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            std::mem::forget((self.stop.take(), self.thread.take()));
            return;
        }
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its panic, if any, was reported when it happened.
            let _ = thread.join();
        }
    }
}

async fn accept(listener: std::net::TcpListener, shared: Arc<Shared>) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    loop {
        // An error here is about one connection that is gone already.
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&shared)));
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // Without it the answer may wait for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| handle(request, Arc::clone(&shared)));
    // An error is a connection that the client, or a fault, has closed.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
struct Hangup;

impl fmt::Display for Hangup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl std::error::Error for Hangup {}

async fn handle(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<AnswerBody>, Hangup> {
    let (head, body) = request.into_parts();
    let body = read(body).await.map_err(|()| Hangup)?;
    let fault = {
        let mut world = shared.world();
        world.requests += 1;
        world.faults.draw()
    };
    let mut seen = SeenRequest {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        action: action(&body),
        body_bytes: body.len(),
        status: None,
        fault: fault.clone(),
    };
    if let Some(Fault::Delay(delay)) = &fault {
        tokio::time::sleep(*delay).await;
    }
    let mut world = shared.world();
    let result = respond(&head, &body, fault, &mut world, &shared.options);
    seen.status = result
        .as_ref()
        .ok()
        .map(|response| response.status().as_u16());
    if world.log.len() == LOGGED {
        world.log.pop_front();
    }
    world.log.push_back(seen);
    result
}

fn respond(
    head: &hyper::http::request::Parts,
    body: &[u8],
    fault: Option<Fault>,
    world: &mut World,
    options: &SandboxOptions,
) -> Result<Response<AnswerBody>, Hangup> {
    let path = head.uri.path();
    let failed = |status, detail| {
        let problem = Problem::new(status, "Internal Server Error", detail);
        json(Answer::Problem(problem), path, &[])
    };
    match fault {
        Some(Fault::LostRequest) => return Err(Hangup),
        Some(Fault::ErrorBefore(status)) => {
            return Ok(failed(status, "The request was not carried out"));
        }
        Some(Fault::GatewayHtml(status)) => return Ok(gateway(status)),
        Some(Fault::RateLimited { retry_after_secs }) => {
            let header = [("retry-after", retry_after_secs.to_string())];
            return Ok(json(too_many(), path, &header));
        }
        _ => {}
    }
    let ticket = world.rate_limit.as_mut().map(RateLimit::take);
    let headers = ticket.as_ref().map(Ticket::headers).unwrap_or_default();
    if ticket.is_some_and(|ticket| !ticket.allowed) {
        return Ok(json(too_many(), path, &headers));
    }
    let answer = routes::answer(
        &head.method,
        &head.uri,
        &head.headers,
        body,
        &mut world.campaign,
        options,
    );
    match fault {
        Some(Fault::LostAnswer) => Err(Hangup),
        Some(Fault::ErrorAfter(status)) => Ok(failed(status, "The answer was lost inside")),
        Some(Fault::TruncatedAnswer) => {
            let mut response = json(answer, path, &headers);
            response.body_mut().truncate();
            Ok(response)
        }
        _ => Ok(json(answer, path, &headers)),
    }
}

fn too_many() -> Answer {
    let detail = "Rate limit exceeded";
    Answer::Problem(Problem::new(429, "Too Many Requests", detail))
}

fn json(answer: Answer, path: &str, headers: &[(&'static str, String)]) -> Response<AnswerBody> {
    let (status, body) = match answer {
        Answer::Success(status, body) => (status, body),
        Answer::Problem(problem) => (problem.status, problem.to_json(path)),
    };
    response(status, MEDIA_TYPE, body.to_string(), headers)
}

fn gateway(status: u16) -> Response<AnswerBody> {
    let page = format!("<html><body><h1>{status}</h1><p>The gateway says no.</p></body></html>");
    response(status, "text/html", page, &[])
}

fn response(
    status: u16,
    media_type: &str,
    body: String,
    headers: &[(&'static str, String)],
) -> Response<AnswerBody> {
    let body = Bytes::from(body);
    let mut builder = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, media_type)
        .header(CONTENT_LENGTH, body.len());
    for (name, value) in headers {
        builder = builder.header(*name, value);
    }
    builder
        .body(AnswerBody::whole(body))
        // A status that is no status: what was asked for cannot be answered, so the plainest failure is.
        .unwrap_or_else(|_| {
            let mut response = Response::new(AnswerBody::whole(Bytes::new()));
            *response.status_mut() = hyper::StatusCode::INTERNAL_SERVER_ERROR;
            response
        })
}

async fn read(mut body: Incoming) -> Result<Vec<u8>, ()> {
    let mut bytes = Vec::new();
    while let Some(frame) =
        std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
    {
        if let Ok(data) = frame.map_err(|_| ())?.into_data() {
            bytes.extend_from_slice(&data);
        }
        if bytes.len() > LONGEST_BODY {
            return Err(());
        }
    }
    Ok(bytes)
}

fn action(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(body.get("action")?.as_str()?.to_owned())
}

/// A body that may break off in the middle.
#[derive(Debug)]
struct AnswerBody {
    bytes: Option<Bytes>,
    breaks_off: bool,
    /// The half was handed over and is given time to go out.
    flushing: bool,
}

impl AnswerBody {
    fn whole(bytes: Bytes) -> Self {
        Self {
            bytes: Some(bytes),
            breaks_off: false,
            flushing: false,
        }
    }

    fn truncate(&mut self) {
        if let Some(bytes) = &mut self.bytes {
            bytes.truncate(bytes.len() / 2);
        }
        self.breaks_off = true;
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Hangup;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Hangup>>> {
        match self.bytes.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None if self.breaks_off && !self.flushing => {
                // An error right away would take the half along: only a pause makes the server write what it has.
                self.flushing = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
            None if self.breaks_off => Poll::Ready(Some(Err(Hangup))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none() && !self.breaks_off
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.bytes, self.breaks_off) {
            (Some(bytes), false) => SizeHint::with_exact(bytes.len() as u64),
            _ => SizeHint::default(),
        }
    }
}
