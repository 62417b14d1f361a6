//! TLS on the operators' port: for browsers on other machines, who know the node by a certificate that their own agency
//! signed. Nothing of it concerns peers, who have keys of their own.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, PeerIncompatible, ServerConfig, SignatureScheme,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::config::{Config, ConfigError, refuse_exposed};

/// A line to the operators' port, with TLS or without.
pub trait Line: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// Why a certificate can't be used.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// Others can read the key.
    Exposed(ConfigError),
    /// A file is not what it must be.
    File { file: PathBuf, problem: String },
}

/// What the port speaks, where its settings have it speak TLS.
pub(crate) fn acceptor(config: &Config, folder: &Path) -> Result<Option<TlsAcceptor>, Unusable> {
    let operators = &config.operators;
    let (Some(certificate), Some(key)) = (&operators.certificate, &operators.key) else {
        return Ok(None);
    };
    let (certificate, key) = (folder.join(certificate), folder.join(key));
    refuse_exposed(&key).map_err(Unusable::Exposed)?;
    let chain = chain(&certificate).map_err(|problem| unusable(&certificate, &problem))?;
    let private = PrivateKeyDer::from_pem_file(&key).map_err(|error| unusable(&key, &error))?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| unusable(&certificate, &error))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| unusable(&certificate, &error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}

/// Calls the node in `folder` from its own machine. Its certificate is the one in its folder, whoever signed it and
/// however it is named.
///
/// # Errors
/// The system's; [`io::ErrorKind::InvalidData`] where the certificate can't be read or another one is shown.
pub async fn call(config: &Config, folder: &Path) -> io::Result<Box<dyn Line>> {
    let mut address = config.operators.listen;
    if address.ip().is_unspecified() {
        address.set_ip(match address.is_ipv4() {
            true => std::net::Ipv4Addr::LOCALHOST.into(),
            false => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    let line = TcpStream::connect(address).await?;
    let Some(certificate) = config
        .operators
        .certificate
        .as_ref()
        .filter(|_| config.operators.speaks_tls())
    else {
        return Ok(Box::new(line));
    };
    let invalid = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
    let expected = chain(&folder.join(certificate)).map_err(invalid)?;
    let expected = expected
        .into_iter()
        .next()
        .ok_or_else(|| invalid("no certificate".to_owned()))?;
    let provider = provider();
    let verifier = ThisCertificate {
        expected,
        algorithms: provider.signature_verification_algorithms,
    };
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| invalid(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    let name = ServerName::IpAddress(address.ip().into());
    let line = TlsConnector::from(Arc::new(config)).connect(name, line).await?;
    Ok(Box::new(line))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| error.to_string())?;
    match chain.is_empty() {
        true => Err("there is no certificate in it".to_owned()),
        false => Ok(chain),
    }
}

fn unusable(file: &Path, problem: &dyn std::fmt::Display) -> Unusable {
    Unusable::File {
        file: file.to_owned(),
        problem: problem.to_string(),
    }
}

/// The certificate in the node's own folder, and no other.
#[derive(Debug)]
struct ThisCertificate {
    expected: CertificateDer<'static>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for ThisCertificate {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match *shown == self.expected {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(CertificateError::ApplicationVerificationFailure.into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
