//! Trust policies: which logs and cosigners a verifier believes (C2SP tlog-policy).
