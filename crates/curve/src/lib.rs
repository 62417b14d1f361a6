//! The group ristretto255 (RFC 9496) and its batch kernels behind one interface.
//!
//! Everything that Hefu blinds, evaluates or proves goes through this crate: hash to the group (RFC 9497), multiply a
//! batch, encode. The crate knows nothing of sets, people, sessions, files or sockets.
//!
//! Two backends stand behind it and give the same bytes: a kernel of our own, eight elements at a time, where the
//! processor has AVX-512 IFMA, and curve25519-dalek elsewhere. [`Backend`] is the choice. The kernel is the only place of
//! the project where `unsafe` stands.
//!
//! Secrets are handled in constant time. What is not carries `vartime` in its name and takes public input only.
#![cfg_attr(
    not(target_arch = "x86_64"),
    allow(
        unreachable_code,
        reason = "a kernel that no other processor has can't be made there"
    )
)]

mod backend;
pub mod batch;
mod hash;
mod ifma;
mod known;
mod point;
mod pool;
mod scalar;
mod signature_key;
mod stack;

pub use backend::{BACKEND_VARIABLE, Backend, BackendWarning, backend, backend_warning};
pub use batch::{BadElement, BadSum, Blinds, Points};
pub use hash::{Hasher, expand_message_xmd};
pub use point::{ELEMENT_BYTES, Point, Table};
pub use pool::{Pool, PoolError};
pub use scalar::{SCALAR_BYTES, Scalar};
pub use signature_key::is_sound_signature_key;

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
