//! Sealed objects under random names: put once, made durable in batches, read by range, deleted.
