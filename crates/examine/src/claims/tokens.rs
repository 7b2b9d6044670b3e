//! Runs of digits, letters and signs: what dates and times are put together from.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Digits,
    Word,
    Sign(char),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub kind: Kind,
    pub from: usize,
    pub to: usize,
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for (from, c) in text.char_indices() {
        let kind = match c {
            '0'..='9' => Kind::Digits,
            c if c.is_alphabetic() => Kind::Word,
            c => Kind::Sign(c),
        };
        let to = from + c.len_utf8();
        match tokens.last_mut() {
            Some(last) if last.kind == kind && !matches!(kind, Kind::Sign(_)) => last.to = to,
            _ => tokens.push(Token { kind, from, to }),
        }
    }
    tokens
}

/// Whether the number here is the next of a chain such as `192.168.1`, so that no date begins at it.
pub(super) fn continues(tokens: &[Token], at: usize) -> bool {
    let sign = |back: usize| at.checked_sub(back).map(|place| tokens[place].kind);
    matches!(sign(1), Some(Kind::Sign('.' | '-' | '_' | ':' | '/'))) && sign(2) == Some(Kind::Digits)
        // The same sign goes on behind it; otherwise another thing ended there.
        && tokens.get(at + 1).map(|next| next.kind) == sign(1)
}

/// The digits of a token, of one of these lengths.
pub(super) fn digits<'a>(
    text: &'a str,
    tokens: &[Token],
    at: usize,
    lengths: std::ops::RangeInclusive<usize>,
) -> Option<&'a str> {
    let token = tokens.get(at).filter(|token| token.kind == Kind::Digits)?;
    lengths.contains(&(token.to - token.from)).then(|| &text[token.from..token.to])
}

pub(super) fn sign(tokens: &[Token], at: usize) -> Option<char> {
    match tokens.get(at)?.kind {
        Kind::Sign(c) => Some(c),
        _ => None,
    }
}
