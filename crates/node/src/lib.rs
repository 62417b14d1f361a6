//! One agency's node: import, policy, rounds, and the bridge between tokio and rayon.
