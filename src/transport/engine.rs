//! One attempt: the HTTP client, and the thread that drives its connections. Calls run on the caller's thread and wait for
//! that one; it starts with the engine and is joined when the engine is dropped.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::redirect;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::answer::{self, Answer};
use super::pacing::Pacer;
use super::patience::{Interrupted, Patience};
use super::request::Request;
use super::slot::{self, Wait};
use super::tls;
use super::verdict::{self, Failure};
use crate::config::{Proxy, Settings};
use crate::outcome::{Error, ErrorKind, Result};

/// The media type of every body, in both directions (contract: addressing and headers).
const MEDIA_TYPE: &str = "application/vnd.campaigns.v1+json";

/// How long an idle connection is kept: less than gateways commonly keep theirs, because a request that meets a connection
/// just being closed has an unknown outcome.
const IDLE: Duration = Duration::from_secs(30);

/// How much later than the client's thread a call notices that the time for an attempt is over. The thread knows more of
/// what happened, but a server that floods it with interim answers (1xx) keeps it from looking at its clock.
const GRACE: Duration = Duration::from_millis(100);

/// How many steps of tasks are made before clocks, sockets, new tasks and ends of tasks are looked at. Few, because a server
/// can make one step last long.
const STEPS: u32 = 2;

/// How long a name look-up that still runs is waited for when the engine is dropped.
const SHUTDOWN: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Engine {
    http: reqwest::Client,
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    pub(super) pacer: Pacer,
}

#[derive(Debug)]
pub(super) enum Trouble {
    /// The caller stopped waiting while the request was under way.
    Interrupted(Interrupted),
    /// No answer.
    Failed(Box<Failure>),
}

impl Engine {
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        let http = http_client(settings)?;
        let internal = |error: std::io::Error| {
            Error::new(
                ErrorKind::Internal,
                format!("the client's thread cannot be started: {error}"),
            )
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let (made, handle) = slot::new();
        let thread = thread::Builder::new()
            .name("campaigns8x8".to_owned())
            .spawn(move || drive(made, stopped))
            .map_err(internal)?;
        // Made over there, because making it leaves a trace of the thread that does.
        let handle = match Patience::default().receive(&handle, None) {
            Ok(Wait::Value(made)) => made.map_err(internal)?,
            _ => return Err(internal(std::io::Error::other("it ended at once"))),
        };
        Ok(Self {
            http,
            runtime: handle,
            stop: Some(stop),
            thread: Some(thread),
            pacer: Pacer::new(settings.rate_limit.as_ref()),
        })
    }

    /// Sends `request` once and waits for the answer. If the caller loses patience, the request is dropped together with its
    /// connection.
    pub(super) fn exchange(
        &self,
        request: &Request,
        settings: &Settings,
        patience: &Patience<'_>,
    ) -> Result<Answer, Trouble> {
        let prepared = self
            .http
            .request(request.method.clone(), request.url.clone())
            .body(request.body.clone());
        let limit = settings.max_response_bytes;
        let (sender, receiver) = slot::new();
        let task = self.runtime.spawn(async move {
            let result = match prepared.send().await {
                Ok(response) => Ok(answer::read(response, limit).await),
                Err(error) => Err(error),
            };
            sender.send(result);
        });
        let failed = |failure| Err(Trouble::Failed(Box::new(failure)));
        match patience.receive(&receiver, Some(settings.timeout + GRACE)) {
            Ok(Wait::Value(Ok(answer))) => Ok(answer),
            Ok(Wait::Value(Err(error))) => {
                failed(verdict::no_answer(&error, &request.url, settings))
            }
            Ok(Wait::Gone) => failed(Failure::internal(
                "the client's thread ended before the answer came",
            )),
            Ok(Wait::Timeout) => {
                task.abort();
                failed(verdict::no_answer_in_time(&request.url, settings))
            }
            Err(why) => {
                task.abort();
                Err(Trouble::Interrupted(why))
            }
        }
    }
}

/// The life of the client's thread: it drives connections until the engine is gone.
fn drive(made: slot::Sender<std::io::Result<Handle>>, stopped: oneshot::Receiver<()>) {
    block_signals();
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .event_interval(STEPS)
        .global_queue_interval(STEPS)
        .thread_name("campaigns8x8-dns")
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return made.send(Err(error)),
    };
    made.send(Ok(runtime.handle().clone()));
    // An error means that the engine is gone, which is the signal too.
    let _ = runtime.block_on(stopped);
    runtime.shutdown_timeout(SHUTDOWN);
}

/// Signals are the host's: its handlers run on its own threads, and a connection that breaks while it is written to must not
/// end a program that never set SIGPIPE aside. Faults are left alone; they are this thread's own.
#[cfg(unix)]
pub(crate) fn block_signals() {
    use nix::sys::signal::{SigSet, Signal};

    let mut signals = SigSet::all();
    for fault in [
        Signal::SIGSEGV,
        Signal::SIGBUS,
        Signal::SIGFPE,
        Signal::SIGILL,
        Signal::SIGTRAP,
        Signal::SIGSYS,
        Signal::SIGABRT,
    ] {
        signals.remove(fault);
    }
    // Cannot fail for a set that is valid; a thread that takes signals would still do its work.
    let _ = signals.thread_block();
}

#[cfg(not(unix))]
pub(crate) fn block_signals() {}

impl Drop for Engine {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Nothing to do about a panic of that thread here; its calls have already failed.
            let _ = thread.join();
        }
    }
}

fn http_client(settings: &Settings) -> Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder()
        .default_headers(headers(settings)?)
        // A redirect would carry the key to another host, or turn a PATCH into a GET that answers 200.
        .redirect(redirect::Policy::none())
        // Repetition is decided in `retry`, where it is known what must not happen twice.
        .retry(reqwest::retry::never())
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.timeout)
        .pool_idle_timeout(IDLE)
        .tcp_nodelay(true)
        .http1_only();
    builder = match &settings.proxy {
        Proxy::Environment => builder,
        Proxy::None => builder.no_proxy(),
        Proxy::Given(url) => {
            let proxy = reqwest::Proxy::all(url.clone()).map_err(|error| {
                Error::config(format!("proxy cannot be used: {}", error.without_url()))
            })?;
            builder.proxy(proxy)
        }
    };
    // Plain http needs no trust store, and reading one takes milliseconds. A proxy may be reached by https all the same.
    if settings.base_url.scheme() == "https" || !matches!(settings.proxy, Proxy::None) {
        builder = builder.tls_backend_preconfigured(tls::config(settings.ca_bundle.as_deref())?);
    } else {
        builder = builder.tls_backend_preconfigured(tls::no_trust()?);
    }
    builder.build().map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            format!("the HTTP client cannot be made: {}", error.without_url()),
        )
    })
}

fn headers(settings: &Settings) -> Result<HeaderMap> {
    let unfit = |_| Error::config("a setting has a character that cannot stand in a header");
    // The header's bytes are the key's own wiping buffer, not a copy that stays behind in memory.
    let key = Bytes::from_owner(settings.api_key.to_wiping_bytes());
    let mut key = HeaderValue::from_maybe_shared(key).map_err(unfit)?;
    key.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("x-api-key"), key);
    headers.insert(
        HeaderName::from_static("x-8x8-tenant"),
        HeaderValue::from_str(settings.tenant.as_str()).map_err(unfit)?,
    );
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(ACCEPT, HeaderValue::from_static(MEDIA_TYPE));
    headers.insert(
        USER_AGENT,
        HeaderValue::from_str(&settings.user_agent).map_err(unfit)?,
    );
    Ok(headers)
}
