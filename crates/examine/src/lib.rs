//! What is inside an item: a granted handle in, findings out.
//!
//! Never here: a ledger, a vault, a key, what a member may see. Hostile bytes are opened in the sandbox only; what comes
//! back is as hostile as they are, and is bounded and parsed again outside.
//!
//! ```text
//!   archive ── Subject ──►  Examiner  ── a tool and the granted file ──►  sandbox
//!           ◄─ Findings ──            ◄─ what it wrote, untrusted ──────
//!           ◄─ Sink: contained items, one after another
//! ```

pub mod claims;
mod commit;
mod containers;
mod examiner;
mod findings;
mod first;
mod iso;
mod kind;
mod media;
mod ocr;
mod outside;
pub mod parsers;
mod pdf;
mod prints;
mod reader;
mod speech;
mod subject;
mod text;
pub mod tools;
mod unlock;
mod work;

pub use examiner::{Examiner, Limits, Options, Password, Setup};
pub use findings::{Committed, Findings, Made, Sink};
pub use reader::OWN;
pub use speech::{SOUND, Speech};
pub use subject::{Subject, Volume};
