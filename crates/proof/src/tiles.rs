//! Tiles: where the hashes and entries of a log lie as files (C2SP tlog-tiles).
