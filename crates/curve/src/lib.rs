//! The group ristretto255 and its batch kernels behind one interface.
