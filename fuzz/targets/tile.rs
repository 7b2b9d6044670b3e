//! A tile, a bundle, a path of one or the edge of a log that is accepted is written again byte for byte; tiles of any bytes prove nothing wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_proof::merkle::{Frontier, inclusion_proof, leaf_hash, root, verify_inclusion};
use vidimus_proof::tiles::{self, Tile, TileNodes};

fuzz_target!(|untrusted: &[u8]| {
    if let Ok(frontier) = Frontier::from_bytes(untrusted) {
        assert_eq!(frontier.to_bytes(), untrusted);
        let _ = frontier.root();
    }
    if let Some(tile) = std::str::from_utf8(untrusted).ok().and_then(|text| text.parse::<Tile>().ok()) {
        assert_eq!(tile.to_string().as_bytes(), untrusted);
    }
    let Some((&[high, low], tile)) = untrusted.split_first_chunk::<2>() else { return };
    let width = u16::from_be_bytes([high, low]);
    if let Some(entries) = tiles::entries(width, tile) {
        assert_eq!(tiles::encode_entries(entries).ok().as_deref(), Some(tile));
    }
    if let Some(hashes) = tiles::hashes(width, tile) {
        assert_eq!(hashes.as_flattened(), tile);
    }
    let size = u64::from(width) + 1;
    let nodes = TileNodes::new(size, |wanted| tile.get(..32 * usize::from(wanted.width())).map(<[u8]>::to_vec));
    if let (Ok(proof), Ok(root)) = (inclusion_proof(0, size, &nodes), root(size, &nodes)) {
        // The fuzzer learns hashes from what they are compared with, and may put this one first; then it is the first leaf.
        let leaf = leaf_hash(b"an entry");
        assert_eq!(verify_inclusion(&leaf, 0, size, &proof, &root).is_ok(), tile.starts_with(&leaf));
    }
});
