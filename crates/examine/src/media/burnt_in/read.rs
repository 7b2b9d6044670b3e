//! What tesseract read on each page: its table of words, parsed as hostile.

/// What was read on one page.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Said {
    pub text: String,
    /// The least certain word of it, 0 to 100.
    pub confidence: u8,
}

/// Each page's text, in the order of pages; a page without words is empty.
pub(super) fn pages(untrusted_table: &str, count: usize) -> Vec<Said> {
    let mut pages = vec![Said { text: String::new(), confidence: 100 }; count];
    for line in untrusted_table.lines().skip(1) {
        // level, page, block, paragraph, line, word, left, top, width, height, confidence, text
        let fields: Vec<&str> = line.splitn(12, '\t').collect();
        let [_, page, .., confidence, word] = fields.as_slice() else { continue };
        let page = page.parse::<usize>().ok().and_then(|page| pages.get_mut(page.checked_sub(1)?));
        let confidence = confidence.parse::<f32>().ok().filter(|certain| *certain >= 0.0);
        let (Some(page), Some(confidence), false) = (page, confidence, word.trim().is_empty()) else {
            continue;
        };
        if page.text.len() + word.len() > 400 {
            continue;
        }
        if !page.text.is_empty() {
            page.text.push(' ');
        }
        page.text.push_str(word.trim());
        page.confidence = page.confidence.min(confidence.min(100.0) as u8);
    }
    for page in pages.iter_mut().filter(|page| page.text.is_empty()) {
        page.confidence = 0;
    }
    pages
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_of_a_page_are_one_line_and_as_sure_as_the_least_sure() {
        let table = "level\tpage_num\t…\n1\t1\t0\t0\t0\t0\t0\t0\t9\t9\t-1\t\n\
            5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t96.5\t17.03.2018\n5\t1\t1\t1\t1\t2\t0\t0\t9\t9\t80.2\t21:10:33\n\
            5\t3\t1\t1\t1\t1\t0\t0\t9\t9\t50\tКАМ\n5\t9\t1\t1\t1\t1\t0\t0\t9\t9\t50\tbeyond\n";
        let said = |text: &str, confidence| Said { text: text.into(), confidence };
        assert_eq!(pages(table, 3), [said("17.03.2018 21:10:33", 80), said("", 0), said("КАМ", 50)]);
    }

    proptest! {
        #[test]
        fn any_table_is_read_without_harm(table in "\\PC{0,20}(\n([0-9]\t){9,12}\\PC{0,9}){0,5}") {
            prop_assert_eq!(pages(&table, 2).len(), 2);
        }
    }
}
