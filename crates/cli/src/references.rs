//! References as typed.

use vidimus_model::Ref;

use crate::trouble::Trouble;

/// What was typed, as references; each once, in the order typed.
///
/// # Errors
/// A text that names nothing.
pub fn read(typed: &[String]) -> Result<Vec<Ref>, Trouble> {
    let mut references = Vec::new();
    for text in typed {
        let reference = one(text)?;
        if !references.contains(&reference) {
            references.push(reference);
        }
    }
    Ok(references)
}

/// One reference.
///
/// # Errors
/// A text that names nothing.
pub fn one(typed: &str) -> Result<Ref, Trouble> {
    typed.parse().map_err(|_| Trouble::NotAReference(typed.to_owned()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_reference_typed_twice_counts_once() {
        let typed = ["A1-2", "a1-2", "A1"].map(String::from);
        let read: Vec<_> = super::read(&typed).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(read, ["A1-2", "A1"]);
        assert!(super::read(&["A1 2".to_owned()]).is_err());
    }
}
