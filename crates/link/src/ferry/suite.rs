//! The suite of the sealing, of RFC 9180: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305, in base mode.

use hpke::aead::{AeadCtxR, AeadCtxS, ChaCha20Poly1305};
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, HpkeError, OpModeR, OpModeS, Serializable as _};
use rand::CryptoRng;

pub(crate) type Kem = X25519HkdfSha256;
pub(crate) type SealPrivateKey = <Kem as hpke::Kem>::PrivateKey;
type SealPublicKey = <Kem as hpke::Kem>::PublicKey;
type EncappedKey = <Kem as hpke::Kem>::EncappedKey;

/// Bytes of the encapsulated key that stands before the records.
pub(super) const ENC_BYTES: usize = 32;
/// Bytes that sealing adds to a record.
pub(super) const TAG_BYTES: usize = 16;

/// Seals records in sequence.
pub(super) type Sealer = AeadCtxS<ChaCha20Poly1305, HkdfSha256, Kem>;
/// Opens them in the same sequence.
pub(super) type Opener = AeadCtxR<ChaCha20Poly1305, HkdfSha256, Kem>;

/// `SetupBaseS` of RFC 9180 section 5.1.1: the encapsulated key, and the context.
pub(super) fn sealer(
    to: &[u8; 32],
    info: &[u8],
    mut rng: &mut dyn CryptoRng,
) -> Result<([u8; ENC_BYTES], Sealer), HpkeError> {
    let to = SealPublicKey::from_bytes(to)?;
    let (enc, context) = hpke::setup_sender_with_rng(&OpModeS::<Kem>::Base, &to, info, &mut rng)?;
    Ok((enc.to_bytes().into(), context))
}

/// `SetupBaseR` of RFC 9180 section 5.1.1.
pub(super) fn opener(key: &SealPrivateKey, enc: &[u8; ENC_BYTES], info: &[u8]) -> Result<Opener, HpkeError> {
    hpke::setup_receiver(&OpModeR::<Kem>::Base, key, &EncappedKey::from_bytes(enc)?, info)
}

/// Whether a public seal key is a point with which a secret can be agreed (RFC 9180 section 7.1.4): with those of small
/// order every private key gives zero.
pub(crate) fn is_sound(key: &[u8; 32]) -> bool {
    SealPrivateKey::from_bytes(&[1; 32]).is_ok_and(|any| opener(&any, key, b"").is_ok())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::convert::Infallible;

    use hpke::Kem as _;
    use rand::rand_core::{TryCryptoRng, TryRng};

    use super::*;

    /// RFC 9180 appendix A.2.1, the suite's base mode.
    const INFO: &str = "4f6465206f6e2061204772656369616e2055726e";
    const IKM_E: &str = "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b";
    const ENC: &str = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
    const SK_R: &str = "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb";
    const PK_R: &str = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
    const PLAIN: &str = "4265617574792069732074727574682c20747275746820626561757479";
    const SEALED: [(&str, &str); 3] = [
        (
            "Count-0",
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28",
        ),
        (
            "Count-1",
            "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c",
        ),
        (
            "Count-2",
            "71146bd6795ccc9c49ce25dda112a48f202ad220559502cef1f34271e0cb4b02b4f10ecac6f48c32f878fae86b",
        ),
    ];

    fn unhex<const N: usize>(text: &str) -> [u8; N] {
        hefu_casework::Hex::parse(text).unwrap().0
    }

    /// Gives the RFC's `ikmE`, once.
    struct Fixed(Option<[u8; 32]>);

    impl TryRng for Fixed {
        type Error = Infallible;

        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            panic!("32 bytes are asked for at once")
        }

        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            panic!("32 bytes are asked for at once")
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
            bytes.copy_from_slice(&self.0.take().unwrap());
            Ok(())
        }
    }

    impl TryCryptoRng for Fixed {}

    #[test]
    fn the_suite_is_that_of_the_rfc() {
        let key = SealPrivateKey::from_bytes(&unhex::<32>(SK_R)).unwrap();
        assert_eq!(Kem::sk_to_pk(&key).to_bytes().as_slice(), unhex::<32>(PK_R));
        let info = unhex::<20>(INFO);
        let (enc, mut sealer) = sealer(&unhex(PK_R), &info, &mut Fixed(Some(unhex(IKM_E)))).unwrap();
        assert_eq!(enc, unhex(ENC));
        let mut opener = opener(&key, &enc, &info).unwrap();
        for (aad, sealed) in SEALED {
            let sealed = unhex::<45>(sealed);
            assert_eq!(sealer.seal(&unhex::<29>(PLAIN), aad.as_bytes()).unwrap(), sealed);
            assert_eq!(opener.open(&sealed, aad.as_bytes()).unwrap(), unhex::<29>(PLAIN));
        }
    }

    /// RFC 7748 section 6.1: the all-zero check is against inputs of small order, of which 0 and 1 are the plain ones.
    #[test]
    fn keys_of_small_order_are_not_sound() {
        let one = std::array::from_fn(|place| u8::from(place == 0));
        assert!(is_sound(&unhex(PK_R)));
        assert!(!is_sound(&[0; 32]));
        assert!(!is_sound(&one));
    }
}
