//! Trust: a certificate of an unknown authority is refused before the request is sent, one of an authority in `caBundle` is
//! accepted, and a server that speaks no TLS is a TLS error.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use campaigns8x8::{Client, ClientConfig, ErrorKind};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::support::{KEY, Stub, campaign, json, once};

/// Answers `connections` connections with a campaign, if the handshake succeeds.
struct TlsServer {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
    thread: JoinHandle<()>,
    authority_pem: String,
}

fn serve(connections: usize) -> TlsServer {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()])
        .unwrap()
        .signed_by(&key, &authority)
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&requests);
    let thread = thread::spawn(move || {
        for _ in 0..connections {
            let (stream, _) = listener.accept().unwrap();
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            let mut buffer = [0; 4096];
            // Fails where the client does not trust the certificate.
            if stream.read(&mut buffer).is_ok_and(|n| n > 0) {
                seen.fetch_add(1, Ordering::AcqRel);
                let body = r#"{"state":"PAUSED"}"#;
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
                );
                let _ = stream.write_all(answer.as_bytes());
                let _ = stream.flush();
            }
        }
    });
    TlsServer {
        address,
        requests,
        thread,
        authority_pem: authority.pem(),
    }
}

fn config(address: SocketAddr) -> ClientConfig {
    ClientConfig::new()
        .api_key(KEY)
        .tenant("acme01")
        .base_url(format!("https://localhost:{}/v1", address.port()))
        .trust_env(false)
        .retry(once())
}

#[test]
fn only_an_authority_of_the_bundle_makes_an_unknown_certificate_trusted() {
    let server = serve(2);
    let error = Client::new(config(server.address))
        .unwrap()
        .pause(&campaign())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    assert!(!error.is_outcome_unknown());
    assert!(!error.is_retryable());
    assert!(error.hint().unwrap().contains("caBundle"), "{error}");
    assert_eq!(server.requests.load(Ordering::Acquire), 0);

    let bundle = std::env::temp_dir().join(format!("campaigns8x8-ca-{}.pem", std::process::id()));
    std::fs::write(&bundle, &server.authority_pem).unwrap();
    let client = Client::new(config(server.address).ca_bundle(&bundle));
    std::fs::remove_file(&bundle).unwrap();
    assert_eq!(client.unwrap().pause(&campaign()).unwrap().state, "PAUSED");
    server.thread.join().unwrap();
}

#[test]
fn a_server_without_tls_is_a_tls_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .unwrap();
        // Until the client has gone.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let error = Client::new(config(address))
        .unwrap()
        .pause(&campaign())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    assert!(!error.is_outcome_unknown());
    server.join().unwrap();
}

#[test]
fn a_given_proxy_gets_the_requests() {
    let proxy = Stub::always(json(200, r#"{"state":"PAUSED"}"#));
    let proxy_address = proxy.url().replace("/cc/US1/campaigns/v1", "");
    let config = ClientConfig::new()
        .api_key(KEY)
        .tenant("acme01")
        .base_url("http://127.0.0.1:1/v1")
        .proxy(proxy_address);
    let client = Client::new(config).unwrap();
    assert_eq!(client.pause(&campaign()).unwrap().state, "PAUSED");
    assert!(proxy.seen()[0].starts_with("PATCH http://127.0.0.1:1/v1/"));
}
