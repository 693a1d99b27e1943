//! Content keys, encryption and delivery policies.
