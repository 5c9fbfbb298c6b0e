//! A server that answers with whatever bytes a test wants: for answers that no well-behaved server gives. Behaviour of the
//! real API is tested against `campaigns8x8::sandbox` instead.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use campaigns8x8::{Client, ClientConfig};

use super::{KEY, once, quick};

/// What the stub does with a request.
#[derive(Clone)]
pub enum Reply {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// Nothing, for as long as the client waits.
    Silence,
    /// A 200 whose body never ends.
    Endless,
    /// The connection is closed without a byte.
    Close,
}

/// A complete answer.
pub fn answer(status: u16, headers: &str, body: &str) -> Reply {
    Reply::Bytes(
        format!(
            "HTTP/1.1 {status} Whatever\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )
}

/// A complete answer in the API's media type.
pub fn json(status: u16, body: &str) -> Reply {
    answer(
        status,
        "Content-Type: application/vnd.campaigns.v1+json\r\n",
        body,
    )
}

pub struct Stub {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stub {
    /// Answers the n-th request (from 0) with `script(n)`.
    pub fn start(script: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let script = Arc::new(script);
        let count = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (seen, stop) = (Arc::clone(&seen), Arc::clone(&stop));
            thread::spawn(move || {
                for stream in listener.incoming() {
                    if stop.load(Ordering::Acquire) {
                        return;
                    }
                    let (seen, script, count) =
                        (Arc::clone(&seen), Arc::clone(&script), Arc::clone(&count));
                    // Ends when the client closes its connection.
                    thread::spawn(move || {
                        if let Ok(stream) = stream {
                            let _ = serve(stream, &seen, &*script, &count);
                        }
                    });
                }
            })
        };
        Self {
            address,
            seen,
            stop,
            thread: Some(thread),
        }
    }

    /// Every request gets the same answer.
    pub fn always(reply: Reply) -> Self {
        Self::start(move |_| reply.clone())
    }

    pub fn url(&self) -> String {
        format!("http://{}/cc/US1/campaigns/v1", self.address)
    }

    /// The requests so far, head and body.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub fn config(&self) -> ClientConfig {
        ClientConfig::new()
            .api_key(KEY)
            .tenant("acme01")
            .base_url(self.url())
            .retry(quick())
    }

    pub fn client(&self) -> Client {
        Client::new(self.config()).unwrap()
    }

    /// A client that sends each request once: where one answer is judged.
    pub fn client_once(&self) -> Client {
        Client::new(self.config().retry(once())).unwrap()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(
    stream: TcpStream,
    seen: &Mutex<Vec<String>>,
    script: &dyn Fn(usize) -> Reply,
    count: &AtomicUsize,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let mut head = String::new();
    while reader.read_line(&mut head)? > 0 && !head.ends_with("\r\n\r\n") {}
    if head.is_empty() {
        return Ok(());
    }
    let length = head
        .lines()
        .find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse().ok())?
        })
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    seen.lock()
        .unwrap()
        .push(format!("{head}{}", String::from_utf8_lossy(&body)));
    match script(count.fetch_add(1, Ordering::AcqRel)) {
        Reply::Bytes(bytes) => stream.write_all(&bytes)?,
        Reply::Silence => {
            reader.read_to_end(&mut Vec::new())?;
        }
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            loop {
                stream.write_all(format!("10000\r\n{}\r\n", " ".repeat(0x10000)).as_bytes())?;
            }
        }
        Reply::Close => {}
    }
    Ok(())
}
