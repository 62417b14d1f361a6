//! A node that is killed at any point goes on as if it had not been.
