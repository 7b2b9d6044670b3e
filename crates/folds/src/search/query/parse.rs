//! Reads a question. There is no error: what cannot be understood is a word, and noted.

use super::super::analysis::{Language, words};
use super::super::document::Kind;
use super::lexer::{Lexeme, lex};
use super::{
    Clause, DEEPEST, Days, Filter, Ignored, KINDS, LONGEST, MOST_CLAUSES, Question, Reach, SHORTEST_PREFIX,
    Word,
};

/// Understands `untrusted_text` as far as it can be: words (all of which must be there), `"a phrase"`, `begin*`, `fuzzy~`, `AND`,
/// `OR`, `NOT`, `-not`, brackets, and `field:value`. Never an error, and never more work than its limits allow.
pub fn parse(untrusted_text: &str) -> Question {
    let mut ignored = Vec::new();
    let mut end = untrusted_text.len().min(LONGEST);
    while !untrusted_text.is_char_boundary(end) {
        end -= 1;
    }
    let mut parser =
        Parser { lexemes: lex(&untrusted_text[..end]), at: 0, depth: 0, clauses: 0, ignored: Vec::new() };
    let mut parts = Vec::new();
    while parser.at < parser.lexemes.len() {
        parts.extend(parser.any());
        // Only a closing bracket that nothing opened ends it early.
        if parser.take(&Lexeme::Close) {
            parser.note(Ignored::OpenBracket);
        }
    }
    ignored.append(&mut parser.ignored);
    if end < untrusted_text.len() {
        ignored.push(Ignored::TooLong);
    }
    let clause = all(parts);
    if clause.is_none() && ignored.is_empty() {
        ignored.push(Ignored::Nothing);
    }
    Question { clause, ignored }
}

struct Parser {
    lexemes: Vec<Lexeme>,
    at: usize,
    depth: usize,
    clauses: usize,
    ignored: Vec<Ignored>,
}

impl Parser {
    /// a b OR c d: OR binds weaker than standing side by side.
    fn any(&mut self) -> Option<Clause> {
        let mut choices = Vec::new();
        loop {
            choices.extend(self.all());
            if !self.take(&Lexeme::Or) {
                break;
            }
            if choices.is_empty() || matches!(self.peek(), None | Some(Lexeme::Or | Lexeme::Close)) {
                self.note(Ignored::Lonely("OR".into()));
            }
        }
        match choices.len() {
            0 | 1 => choices.pop(),
            _ => Some(Clause::Any(choices)),
        }
    }

    fn all(&mut self) -> Option<Clause> {
        let mut parts = Vec::new();
        loop {
            match self.peek() {
                None | Some(Lexeme::Or | Lexeme::Close) => break,
                Some(Lexeme::And) => {
                    self.at += 1;
                    if parts.is_empty()
                        || matches!(self.peek(), None | Some(Lexeme::And | Lexeme::Or | Lexeme::Close))
                    {
                        self.note(Ignored::Lonely("AND".into()));
                    }
                }
                Some(_) => parts.extend(self.one()),
            }
        }
        all(parts)
    }

    fn one(&mut self) -> Option<Clause> {
        let lexeme = self.lexemes.get(self.at)?.clone();
        self.at += 1;
        match lexeme {
            Lexeme::Not => match self.peek() {
                None | Some(Lexeme::And | Lexeme::Or | Lexeme::Close) => {
                    self.note(Ignored::Lonely("NOT".into()));
                    None
                }
                // NOT NOT NOT … would be as deep as it is long.
                Some(Lexeme::Not) => {
                    self.at += 1;
                    self.one()
                }
                Some(_) => self.one().map(|clause| Clause::Not(clause.into())),
            },
            Lexeme::Open => self.bracket(),
            Lexeme::Field(name, typed) => self.field(&name, &typed),
            Lexeme::Quoted(text, closed) => {
                if !closed {
                    self.note(Ignored::OpenQuote);
                }
                self.phrase(&text)
            }
            Lexeme::Word(text) => self.word(&text, Reach::Forms),
            // Those end the loops that call this.
            Lexeme::And | Lexeme::Or | Lexeme::Close => None,
        }
    }

    fn bracket(&mut self) -> Option<Clause> {
        if self.depth == DEEPEST {
            self.note(Ignored::TooDeep);
            return None;
        }
        self.depth += 1;
        let inner = self.any();
        self.depth -= 1;
        if !self.take(&Lexeme::Close) {
            self.note(Ignored::OpenBracket);
        } else if inner.is_none() {
            self.note(Ignored::Lonely("()".into()));
        }
        inner
    }

    fn field(&mut self, name: &str, typed: &str) -> Option<Clause> {
        let value = match self.peek() {
            Some(Lexeme::Word(text) | Lexeme::Quoted(text, _)) => text.clone(),
            // name:(a b)
            Some(Lexeme::Open) if KNOWN.contains(&name) => {
                self.note(Ignored::BadValue(typed.into(), "(".into()));
                return None;
            }
            Some(_) | None => {
                self.note(Ignored::Lonely(format!("{typed}:")));
                return None;
            }
        };
        if !KNOWN.contains(&name) {
            // A time, an address, a drive: what a colon stands in is no question about fields.
            self.note(Ignored::UnknownField(typed.into()));
            return self.word(typed, Reach::Forms);
        }
        self.at += 1;
        if name == "name" {
            return self.word(&value, Reach::Name);
        }
        let Some(filter) = filter(name, &value) else {
            self.note(Ignored::BadValue(typed.into(), value.clone()));
            return self.word(&value, Reach::Forms);
        };
        self.count(Clause::Only(filter))
    }

    fn phrase(&mut self, text: &str) -> Option<Clause> {
        let mut parts = spelled(text);
        match parts.len() {
            0 => None,
            1 => self.word(&parts.swap_remove(0), Reach::Forms),
            n if n > MOST_CLAUSES => {
                self.note(Ignored::TooMany);
                parts.truncate(MOST_CLAUSES);
                self.count(Clause::Phrase(parts))
            }
            _ => self.count(Clause::Phrase(parts)),
        }
    }

    fn word(&mut self, typed: &str, reach: Reach) -> Option<Clause> {
        let (text, reach) = match reach {
            Reach::Forms => reach_of(typed),
            other => (typed, other),
        };
        if means_nothing(text) {
            self.note(Ignored::Signs(typed.to_owned()));
        }
        // "a phrase"~5
        if text.strip_prefix('~').is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit())) {
            return None;
        }
        let mut parts = spelled(text);
        let last = parts.pop()?;
        let reach = if reach == Reach::Prefix && last.chars().count() < SHORTEST_PREFIX {
            self.note(Ignored::ShortPrefix(last.clone()));
            Reach::Forms
        } else {
            reach
        };
        // ИК-900, науково-технічний: each part in its forms.
        let mut clauses = Vec::new();
        for part in parts {
            let inner = if reach == Reach::Name { Reach::Name } else { Reach::Forms };
            clauses.extend(self.count(Clause::Word(Word { text: part, reach: inner })));
        }
        clauses.extend(self.count(Clause::Word(Word { text: last, reach })));
        all(clauses)
    }

    /// Lets only so many clauses pass.
    fn count(&mut self, clause: Clause) -> Option<Clause> {
        self.clauses += 1;
        if self.clauses <= MOST_CLAUSES {
            return Some(clause);
        }
        self.note(Ignored::TooMany);
        None
    }

    fn peek(&self) -> Option<&Lexeme> {
        self.lexemes.get(self.at)
    }

    fn take(&mut self, wanted: &Lexeme) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    /// Each note once: a thousand brackets are one mistake.
    fn note(&mut self, note: Ignored) {
        if !self.ignored.contains(&note) {
            self.ignored.push(note);
        }
    }
}

const KNOWN: &[&str] = &["name", "path", "kind", "lang", "camera", "ref", "date", "in"];

fn filter(name: &str, value: &str) -> Option<Filter> {
    let small = value.to_lowercase();
    Some(match name {
        "in" => Filter::In(Kind::read(&small)?),
        "kind" => Filter::Form(one_word(&small).filter(|kind| KINDS.contains(&&**kind))?),
        "lang" => Filter::Language(Language::read(&small)?),
        "camera" => Filter::Camera(one_word(&small)?),
        "ref" => Filter::Reference(value.parse().ok()?),
        "date" => Filter::Days(Days::read(value)?),
        "path" => Filter::Path(Some(spelled(value)).filter(|words| !words.is_empty())?),
        _ => return None,
    })
}

/// A value that is compared whole.
fn one_word(value: &str) -> Option<String> {
    Some(value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The word without its last mark, and what the mark asks for.
fn reach_of(typed: &str) -> (&str, Reach) {
    if let Some(text) = typed.strip_suffix('*') {
        return (text, Reach::Prefix);
    }
    for (mark, letters) in [("~1", 1), ("~2", 2)] {
        if let Some(text) = typed.strip_suffix(mark) {
            return (text, Reach::Letters(letters));
        }
    }
    match typed.strip_suffix('~') {
        // In a short word two letters are nearly all of it.
        Some(text) => (text, Reach::Letters(if text.chars().count() > 5 { 2 } else { 1 })),
        None => (typed, Reach::Forms),
    }
}

/// Does it hold signs that other programs give a meaning to, and this one does not where they stand?
fn means_nothing(text: &str) -> bool {
    let is_within = |(at, _): (usize, &str)| text[at + 1..].starts_with(char::is_alphanumeric);
    let is_word = text.contains(char::is_alphanumeric);
    is_word
        && (text.contains(['*', '~', '^', '[', ']', '{', '}', '|']) || text.match_indices('?').any(is_within))
}

fn spelled(text: &str) -> Vec<String> {
    words(text).map(|word| text[word.bytes].to_owned()).collect()
}

fn all(mut parts: Vec<Clause>) -> Option<Clause> {
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(Clause::All(parts)),
    }
}
#[cfg(test)]
mod tests;
