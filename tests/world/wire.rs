//! The socket: one server for all worlds of a test binary, a thread for each connection. A world is found by the campaign in
//! the path, the run by the folder before it.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use super::Shared;
use super::words::Message;

/// How the end of an answer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    Length,
    Chunked,
    UntilClosed,
}

impl Framing {
    pub const ALL: [Self; 3] = [Self::Length, Self::Chunked, Self::UntilClosed];
}

/// What goes out, and whether the connection is closed then.
#[derive(Debug, Default)]
pub struct Reply {
    pub bytes: Vec<u8>,
    pub close: bool,
}

impl Reply {
    /// No answer at all.
    pub fn hang_up() -> Self {
        Self {
            bytes: Vec::new(),
            close: true,
        }
    }

    pub fn whole(message: &Message, framing: Framing) -> Self {
        Self {
            bytes: bytes(message, framing),
            close: framing == Framing::UntilClosed,
        }
    }

    /// The answer breaks off before its byte number `at`, counted round and round.
    pub fn cut(message: &Message, framing: Framing, at: usize) -> Self {
        let mut bytes = bytes(message, framing);
        let at = at % bytes.len();
        bytes.truncate(at);
        Self { bytes, close: true }
    }
}

fn bytes(message: &Message, framing: Framing) -> Vec<u8> {
    let Message {
        status,
        media_type,
        headers,
        body,
    } = message;
    let head = format!("HTTP/1.1 {status} Said\r\nContent-Type: {media_type}\r\n{headers}");
    let length = body.len();
    match framing {
        Framing::Length => format!("{head}Content-Length: {length}\r\n\r\n{body}"),
        Framing::UntilClosed => format!("{head}Connection: close\r\n\r\n{body}"),
        Framing::Chunked => {
            let chunk = match length {
                0 => String::new(),
                _ => format!("{length:x}\r\n{body}\r\n"),
            };
            format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n")
        }
    }
    .into_bytes()
}

type Worlds = Mutex<HashMap<String, Arc<Shared>>>;

struct Server {
    address: SocketAddr,
    worlds: Arc<Worlds>,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let worlds = Arc::new(Worlds::default());
        let serving = Arc::clone(&worlds);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let worlds = Arc::clone(&serving);
                thread::Builder::new()
                    .stack_size(256 * 1024)
                    // An error is a connection that the client has closed.
                    .spawn(move || drop(serve(stream, &worlds)))
                    .unwrap();
            }
        });
        Server { address, worlds }
    })
}

/// Where a client of this run reaches every world.
pub fn base_url(run: usize) -> String {
    format!("http://{}/{run}/cc", server().address)
}

pub fn enter(campaign: &str, world: &Arc<Shared>) {
    let world = Arc::clone(world);
    lock(&server().worlds).insert(campaign.to_owned(), world);
}

pub fn leave(campaign: &str) {
    lock(&server().worlds).remove(campaign);
}

fn lock(worlds: &Worlds) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Shared>>> {
    worlds.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(mut stream: TcpStream, worlds: &Worlds) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut head = String::new();
        while reader.read_line(&mut head)? > 0 && !head.ends_with("\r\n\r\n") {}
        if !head.ends_with("\r\n\r\n") {
            return Ok(());
        }
        let path = head.split(' ').nth(1).unwrap_or("");
        let mut parts = path.split('/').skip(1);
        let run = parts.next().and_then(|run| run.parse().ok()).unwrap_or(0);
        let campaign = parts.nth(1).unwrap_or("");
        let world = lock(worlds).get(campaign).cloned();
        let Some(world) = world else {
            return Ok(());
        };
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .and_then(|(_, value)| value.trim().parse().ok())
            .unwrap_or(0);
        // The rest is read only if the world wants it: a request may be lost half-way.
        let reply = world.serve(run, || {
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            String::from_utf8(body).ok()
        });
        stream.write_all(&reply.bytes)?;
        if reply.close {
            return Ok(());
        }
    }
}
