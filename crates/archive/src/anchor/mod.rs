//! Time stamps over public receipts, from the authorities that the archive's settings name (RFC 3161).
//!
//! An authority learns a hash, our address on the network, and when we asked. Nobody is asked who is not configured.

mod ask;
mod client;
mod round;
mod settings;

pub use ask::{AskError, Authority, NotStamped, Unreached};
pub use client::{HttpAuthority, over_http};
pub use round::{AnchorError, Anchored, Failed, NewToken, Reach};
pub use settings::{AuthoritySettings, Settings, SettingsError};
