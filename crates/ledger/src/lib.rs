//! All records in order: appended in one durable transaction with the signed checkpoint over them, and tailed.
