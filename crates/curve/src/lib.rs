//! The group ristretto255 (RFC 9496) and its batch kernels behind one interface.
//!
//! Everything that Hefu blinds, evaluates or proves goes through this crate: hash to the group (RFC 9497), multiply a
//! batch, encode. A faster kernel replaces the bodies of [`batch`] and keeps their signatures. The crate knows nothing
//! of sets, people, sessions, files or sockets, and it is the only place where `unsafe` may ever stand (today there is
//! none: the arithmetic is curve25519-dalek's).
//!
//! Secrets are handled in constant time. What is not carries `vartime` in its name and takes public input only.

pub mod batch;
mod hash;
mod point;
mod pool;
mod scalar;
mod signature_key;

pub use batch::{BadElement, Blinds, Points};
pub use hash::{Hasher, expand_message_xmd};
pub use point::{ELEMENT_BYTES, Point, Table};
pub use pool::{Pool, PoolError};
pub use scalar::{SCALAR_BYTES, Scalar};
pub use signature_key::is_sound_signature_key;

/// Which kernel does the arithmetic on this processor: `avx512`, `avx2` or `serial`.
///
/// dalek chooses at run time by the same processor features; its choice is not public, so it is repeated here.
#[must_use]
pub fn backend() -> &'static str {
    #[cfg(all(target_arch = "x86_64", curve25519_dalek_backend = "avx512"))]
    if std::is_x86_feature_detected!("avx512ifma") && std::is_x86_feature_detected!("avx512vl") {
        return "avx512";
    }
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        return "avx2";
    }
    "serial"
}

#[cfg(test)]
mod tests {
    /// The cfg in `.cargo/config.toml` is lost without a word when `RUSTFLAGS` is set in the environment or cargo runs
    /// from another folder; the kernel is then a third slower.
    #[test]
    #[cfg(target_arch = "x86_64")]
    #[allow(clippy::assertions_on_constants, reason = "the constant is what is tested")]
    fn the_avx512_backend_is_compiled_in() {
        assert!(
            cfg!(curve25519_dalek_backend = "avx512"),
            "the cfg curve25519_dalek_backend=\"avx512\" did not reach this build: unset RUSTFLAGS, run cargo inside the project"
        );
    }
}
