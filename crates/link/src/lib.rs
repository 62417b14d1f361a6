//! Peers: cards, mutual TLS with pinned keys, framed streams with limits.
