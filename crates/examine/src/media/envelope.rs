//! Several streams of small pictures through one pipe: the RIFF envelope (AVI) in which ffmpeg hands them over.

/// Each piece in its order: number of the stream, and its bytes. Ends where the envelope does, or is not what it should be.
pub(crate) fn pieces(untrusted: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut rest = begin(untrusted).unwrap_or_default();
    std::iter::from_fn(move || {
        loop {
            let (head, behind) = rest.split_at_checked(8)?;
            let length = u32::from_le_bytes(head[4..8].try_into().ok()?) as usize;
            // Padding to an even length belongs to nobody, and may be missing at the very end.
            let (bytes, behind) = behind.split_at_checked(length)?;
            rest = behind.get(length % 2..).unwrap_or_default();
            if let Some(stream) = stream(&head[0..4]) {
                return Some((stream, bytes));
            }
            if &head[0..4] == b"idx1" {
                return None;
            }
        }
    })
}

/// What stands in the list `movi`, up to the end of the file: a pipe cannot go back to write its length.
fn begin(untrusted: &[u8]) -> Option<&[u8]> {
    let mut rest = untrusted.strip_prefix(b"RIFF")?.get(4..)?.strip_prefix(b"AVI ")?;
    loop {
        let (head, behind) = rest.split_at_checked(8)?;
        if &head[0..4] == b"LIST" && behind.starts_with(b"movi") {
            return behind.get(4..);
        }
        let length = u32::from_le_bytes(head[4..8].try_into().ok()?) as usize;
        rest = behind.get(length.checked_add(length % 2)?..)?;
    }
}

/// `01dc` is the second stream.
fn stream(name: &[u8]) -> Option<usize> {
    let number = name.strip_suffix(b"dc").or_else(|| name.strip_suffix(b"db"))?;
    std::str::from_utf8(number).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pieces_come_in_order_and_a_cut_ends_them() {
        let mut file = b"RIFF\xff\xff\xff\xffAVI LIST\x06\0\0\0hdrlabLIST\xff\xff\xff\xffmovi".to_vec();
        file.extend(b"00dc\x03\0\0\0one\0JUNK\x02\0\0\0xx01dc\x04\0\0\0fouridx1\0\0\0\0");
        assert_eq!(pieces(&file).collect::<Vec<_>>(), [(0, &b"one"[..]), (1, b"four")]);
        assert_eq!(pieces(&file[..file.len() - 10]).collect::<Vec<_>>(), [(0, &b"one"[..])]);
        assert_eq!(pieces(b"RIFF").count(), 0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut file = b"RIFF\xff\xff\xff\xffAVI LIST\xff\xff\xff\xffmovi".to_vec();
            file.extend(&bytes);
            prop_assert!(pieces(&file).map(|(_, piece)| piece.len()).sum::<usize>() <= bytes.len());
            pieces(&bytes).for_each(drop);
        }
    }
}
