//! Cuts a question into marks and words.

/// A piece of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lexeme {
    /// (
    Open,
    /// )
    Close,
    And,
    Or,
    /// `NOT`, or a minus sign or exclamation mark before something
    Not,
    /// `name:` with nothing between it and what follows, in small letters, and as it was typed
    Field(String, String),
    /// What stood between quotation marks; was there a second one?
    Quoted(String, bool),
    Word(String),
}

/// Cuts `text`; whatever is no mark is a word.
pub(super) fn lex(text: &str) -> Vec<Lexeme> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = match c {
            '(' => push(&mut found, Lexeme::Open, after),
            ')' => push(&mut found, Lexeme::Close, after),
            _ if closing(c).is_some() => {
                let end = after.find(|c2| closing(c) == Some(c2) || c2 == '"');
                let (inner, behind) = match end {
                    Some(end) => {
                        let mark = after[end..].chars().next().map_or(0, char::len_utf8);
                        (&after[..end], &after[end + mark..])
                    }
                    None => (after, ""),
                };
                push(&mut found, Lexeme::Quoted(inner.to_owned(), end.is_some()), behind)
            }
            '-' | '−' if !after.is_empty() && !after.starts_with(|c: char| c.is_whitespace() || c == '-') => {
                push(&mut found, Lexeme::Not, after)
            }
            '!' if after.starts_with(char::is_alphanumeric) => push(&mut found, Lexeme::Not, after),
            _ => word(&mut found, rest),
        }
        .trim_start();
    }
    found
}

fn push<'a>(found: &mut Vec<Lexeme>, lexeme: Lexeme, rest: &'a str) -> &'a str {
    found.push(lexeme);
    rest
}

/// The mark that ends what this mark begins.
fn closing(c: char) -> Option<char> {
    match c {
        '"' => Some('"'),
        '«' => Some('»'),
        '“' => Some('”'),
        '„' => Some('“'),
        _ => None,
    }
}

fn word<'a>(found: &mut Vec<Lexeme>, rest: &'a str) -> &'a str {
    let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')') || closing(c).is_some();
    let end = rest.find(ends).unwrap_or(rest.len());
    let typed = &rest[..end];
    if let Some(colon) = typed.find(':')
        && colon > 0
        && typed[..colon].chars().all(char::is_alphabetic)
    {
        let (name, behind) = (&typed[..colon], &rest[colon + 1..]);
        found.push(Lexeme::Field(name.to_lowercase(), name.to_owned()));
        return match behind.chars().next() {
            // Its value: a word (a minus in it is none of ours), a phrase or a bracket.
            Some(c) if !ends(c) => {
                let end = behind.find(ends).unwrap_or(behind.len());
                push(found, Lexeme::Word(behind[..end].to_owned()), &behind[end..])
            }
            _ => behind,
        };
    }
    let lexeme = match typed {
        "AND" | "&&" => Lexeme::And,
        "OR" | "||" | "|" => Lexeme::Or,
        "NOT" | "!" => Lexeme::Not,
        other => Lexeme::Word(other.to_owned()),
    };
    push(found, lexeme, &rest[end..])
}
