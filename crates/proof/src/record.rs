//! Records: flat SD-JWTs whose fields are salted one by one (RFC 9901).
