//! TLS 1.3 between pinned keys: the only identity is the public key on a card, the rest of a certificate is not read.
//!
//! Dates are not compared with the clock: a pinned key ends when its card is withdrawn, and a wrong clock on a closed
//! network would otherwise end sessions for no gain. Tickets, resumption and early data stay off, so that each
//! connection has its own handshake with both keys in it.

use std::fmt;
use std::io;
use std::sync::Arc;

use hefu_casework::Hex;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, ParsedCertificate};
use rustls::version::TLS13;
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, OtherError,
    ServerConfig, SignatureScheme,
};

use crate::error::{Error, Result};
use crate::keys::{Keys, sha256};
use crate::listen::PeerBook;

/// The link's name and version in the handshake (RFC 7301).
pub(crate) const ALPN: &[u8] = b"hefu/3";
pub(crate) const ALPN_NAME: &str = "hefu/3";

/// A listener's side: any key on a card of the book.
pub(crate) fn server_config(keys: &Keys, book: Arc<dyn PeerBook>) -> Result<ServerConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let verifier = KnownPeers {
        book,
        algorithms: provider.signature_verification_algorithms,
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(keys.tls());
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

/// A caller's side: the one key of the card dialled.
pub(crate) fn client_config(keys: &Keys, expected: [u8; 32]) -> Result<ClientConfig, rustls::Error> {
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let verifier = ThisPeer {
        expected,
        algorithms: provider.signature_verification_algorithms,
    };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_cert_resolver(keys.tls());
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_sni = false;
    Ok(config)
}

/// SHA-256 of the certificate's SubjectPublicKeyInfo.
pub(crate) fn key_of(certificate: &CertificateDer<'_>) -> Result<[u8; 32], rustls::Error> {
    Ok(sha256(
        &ParsedCertificate::try_from(certificate)?.subject_public_key_info(),
    ))
}

/// What a failed handshake, read or write means; `peer` is a name or, where nobody is known yet, an address.
pub(crate) fn explain(peer: &str, error: io::Error) -> Error {
    let peer = peer.to_owned();
    let Some(tls) = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
    else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Error::Cut { peer },
            _ => Error::Io { peer, source: error },
        };
    };
    match tls {
        rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(reason))) => {
            match reason.downcast_ref::<NotPinned>() {
                Some(NotPinned {
                    offered,
                    expected: Some(expected),
                }) => Error::WrongKey {
                    peer,
                    expected: Hex(*expected).to_string(),
                    offered: Hex(*offered).to_string(),
                },
                Some(NotPinned {
                    offered,
                    expected: None,
                }) => Error::UnknownPeer {
                    peer,
                    tls_key: Hex(*offered).to_string(),
                },
                None => Error::Handshake {
                    peer,
                    reason: tls.to_string(),
                },
            }
        }
        rustls::Error::AlertReceived(
            AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied,
        ) => Error::RefusedByPeer { peer },
        rustls::Error::NoApplicationProtocol
        | rustls::Error::AlertReceived(
            AlertDescription::NoApplicationProtocol | AlertDescription::ProtocolVersion,
        )
        | rustls::Error::PeerIncompatible(_) => Error::Version { peer },
        _ => Error::Handshake {
            peer,
            reason: tls.to_string(),
        },
    }
}

/// The certificate's key is on no card, or not on the one that was dialled.
#[derive(Debug)]
struct NotPinned {
    offered: [u8; 32],
    expected: Option<[u8; 32]>,
}

impl fmt::Display for NotPinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key {} is not pinned", Hex(self.offered))
    }
}

impl std::error::Error for NotPinned {}

impl From<NotPinned> for rustls::Error {
    fn from(reason: NotPinned) -> Self {
        CertificateError::Other(OtherError(Arc::new(reason))).into()
    }
}

/// The traits ask for a way to check TLS 1.2 signatures; no handshake here gets that far.
fn tls13_only() -> rustls::Error {
    rustls::Error::General("TLS 1.3 only".to_owned())
}

struct KnownPeers {
    book: Arc<dyn PeerBook>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl fmt::Debug for KnownPeers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownPeers")
    }
}

impl ClientCertVerifier for KnownPeers {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let offered = key_of(end_entity)?;
        match self.book.by_tls_key(&offered) {
            Some(_) => Ok(ClientCertVerified::assertion()),
            None => Err(NotPinned {
                offered,
                expected: None,
            }
            .into()),
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(tls13_only())
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

#[derive(Debug)]
struct ThisPeer {
    expected: [u8; 32],
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for ThisPeer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let offered = key_of(end_entity)?;
        if offered == self.expected {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(NotPinned {
                offered,
                expected: Some(self.expected),
            }
            .into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(tls13_only())
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
