//! Trust: rustls with ring, the operating system's verifier, and the caller's own authorities in addition to it.
//!
//! The configuration is made here and handed to the HTTP client ready-made, so that no process-wide crypto provider has to
//! be installed: a host program that uses rustls too keeps its own.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

use crate::outcome::{Error, ErrorKind, Result};
use crate::text::quoted;

pub(super) fn config(ca_bundle: Option<&Path>) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = match ca_bundle {
        None => Verifier::new(Arc::clone(&provider)),
        Some(path) => Verifier::new_with_extra_roots(authorities(path)?, Arc::clone(&provider)),
    }
    .map_err(|error| {
        Error::new(
            ErrorKind::Tls,
            format!("the trusted certificates of this system cannot be read: {error}"),
        )
        .with_hint("install the system's certificates (Debian: apt-get install ca-certificates), or name a PEM file as caBundle")
    })?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let wrong = |rule: String| {
        Error::config(format!(
            "caBundle {} {rule}; expected a PEM file with at least one certificate",
            quoted(&path.display().to_string())
        ))
    };
    let authorities = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(format!("cannot be read ({error})")))?;
    if authorities.is_empty() {
        return Err(wrong("holds no certificate".to_owned()));
    }
    Ok(authorities)
}

/// For a client that speaks plain http only: trusts nobody, and reads no trust store.
pub(super) fn no_trust() -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth())
}
