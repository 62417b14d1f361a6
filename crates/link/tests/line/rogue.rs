//! Ends built on TLS directly, that can say whatever the protocol forbids.

use std::sync::Arc;

use hefu_link::Keys;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::client::WantsClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring::default_provider;
use rustls::crypto::ring::sign::any_eddsa_type;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, ServerConfig, SignatureScheme};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

/// How an end shows itself.
pub(crate) struct Rogue<'a> {
    /// Whose certificate it shows.
    pub(crate) certificate_of: &'a Keys,
    /// With whose key it signs the handshake.
    pub(crate) signs_with: &'a Keys,
    /// The certificate's last year.
    pub(crate) until: i32,
    pub(crate) alpn: &'a [&'a [u8]],
}

impl<'a> Rogue<'a> {
    /// One that differs in nothing from a node with these keys.
    pub(crate) fn like(keys: &'a Keys) -> Rogue<'a> {
        Rogue {
            certificate_of: keys,
            signs_with: keys,
            until: 4000,
            alpn: &[b"hefu/3"],
        }
    }

    pub(crate) async fn call(&self, address: &str) -> std::io::Result<client::TlsStream<TcpStream>> {
        let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anybody))
            .with_client_cert_resolver(self.identity());
        config.alpn_protocols = self.alpn.iter().map(|name| name.to_vec()).collect();
        let tcp = TcpStream::connect(address).await?;
        TlsConnector::from(Arc::new(config))
            .connect(ServerName::try_from("hefu").unwrap(), tcp)
            .await
    }

    /// Like [`Rogue::call`], for an end that is let in: has read the listener's empty first frame.
    pub(crate) async fn enter(&self, address: &str) -> client::TlsStream<TcpStream> {
        let mut stream = self.call(address).await.unwrap();
        let mut ready = [0; 13];
        stream.read_exact(&mut ready).await.unwrap();
        assert_eq!(ready, [0, 0, 0, 0, 254, 0, 0, 0, 0, 0, 0, 0, 0]);
        stream
    }

    pub(crate) async fn answer(
        &self,
        listener: &TcpListener,
    ) -> std::io::Result<server::TlsStream<TcpStream>> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(self.identity());
        config.alpn_protocols = self.alpn.iter().map(|name| name.to_vec()).collect();
        let (tcp, _) = listener.accept().await?;
        TlsAcceptor::from(Arc::new(config)).accept(tcp).await
    }

    fn identity(&self) -> Arc<SingleCertAndKey> {
        let [_, shown, _] = self.certificate_of.to_parts();
        let mut params = CertificateParams::default();
        params.not_after = date_time_ymd(self.until, 1, 1);
        let certificate = params
            .self_signed(&KeyPair::try_from(shown.as_slice()).unwrap())
            .unwrap();
        let [_, key, _] = self.signs_with.to_parts();
        let signer = any_eddsa_type(&PrivatePkcs8KeyDer::from(key.as_slice())).unwrap();
        Arc::new(SingleCertAndKey::from(CertifiedKey::new(
            vec![certificate.der().clone()],
            signer,
        )))
    }
}

pub(crate) async fn call_without_certificate(address: &str) -> std::io::Result<client::TlsStream<TcpStream>> {
    let mut config = trusting_anybody().with_no_client_auth();
    config.alpn_protocols = vec![b"hefu/3".to_vec()];
    connect(config, address).await
}

fn trusting_anybody() -> ConfigBuilder<ClientConfig, WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
}

async fn connect(config: ClientConfig, address: &str) -> std::io::Result<client::TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config))
        .connect(ServerName::try_from("hefu").unwrap(), tcp)
        .await
}

/// A frame's header as the protocol lays it out.
pub(crate) fn header(length: u32, kind: u8, sequence: u64) -> Vec<u8> {
    [&length.to_le_bytes()[..], &[kind], &sequence.to_le_bytes()].concat()
}

#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
}
