//! Search beside plain tantivy: `cargo bench -p vidimus-folds --bench search -- DOCS.tsv QUERIES [DOCUMENTS [CACHE_MIB]]`.
//!
//! `DOCS.tsv` holds `id<TAB>text` in each line, and QUERIES is the folder of `q_t1.txt`, `q_t2.txt`, `q_t3.txt`, `q_phrase.txt`
//! and `q_prefix.txt`. The peer is the same library with an index in memory, words with positions: no names, no cipher, no disk. It
//! is asked in four settings: words in small letters, or their Russian and English stems; and it does less than we do (twenty hits,
//! no texts), or the same job with the library's own tools (a commit as often as ours, stored texts, a count, citations).

use std::fmt;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use frostem::{Algorithm, Stemmer};
use rustix::time::{ClockId, clock_gettime};
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, Occur, PhraseQuery, Query, RegexQuery, TermQuery};
use tantivy::schema::{FAST, Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions};
use tantivy::snippet::SnippetGenerator;
use tantivy::tokenizer::{
    LowerCaser, RemoveLongFilter, SimpleTokenizer, TextAnalyzer, Token, TokenFilter, TokenStream, Tokenizer,
};
use tantivy::{Index, IndexWriter, ReloadPolicy, TantivyDocument, Term};
use vidimus_folds::search::query::parse;
use vidimus_folds::search::{Fit, Search, Texts, Wanted};
use vidimus_folds::{Entry, Fold as _, Said};
use vidimus_model::{
    Change, Derivative, DerivativeKind, Examination, MemberId, ObjectPlace, OperationId, Ref, Statement,
    Text, TextPart, TextPlace,
};

/// Entries that are folded at once.
const BATCH: usize = 100_000;
/// Bytes that the peer gathers, as in the bench that it is taken from.
const GATHERED: usize = 400_000_000;
/// Hits of each question.
const HITS: usize = 20;
/// Letters that the peer cites of each: as many of Russian text as we do.
const CITED: usize = 180;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [documents, queries, rest @ ..] = &arguments[..] else {
        println!("skipped: say which documents and questions (DOCS.tsv QUERIES)");
        return;
    };
    let number = |at: usize, default: usize| rest.get(at).map_or(default, |n| n.parse().expect("a number"));
    let (most, cache) = (number(0, usize::MAX), number(1, 256) << 20);
    let texts: Vec<String> = BufReader::new(File::open(documents).expect("the documents"))
        .lines()
        .take(most)
        .map(|line| line.expect("a line").split_once('\t').expect("id<TAB>text").1.to_owned())
        .collect();
    println!("{} documents; opened pieces of the index kept: at most {} MiB", texts.len(), cache >> 20);
    let plain = [(false, false), (true, false), (false, true), (true, true)];
    let plain = plain.map(|(stems, is_same_job)| build_plain(&texts, stems, is_same_job));
    let disk = tempfile::tempdir().expect("a folder");
    let ours = build_ours(texts, disk.path(), cache);
    for (file, kind) in [
        ("t1", Kind::Words),
        ("t2", Kind::Words),
        ("t3", Kind::Words),
        ("phrase", Kind::Phrase),
        ("prefix", Kind::Prefix),
    ] {
        let questions =
            fs::read_to_string(Path::new(queries).join(format!("q_{file}.txt"))).expect("the questions");
        let questions: Vec<&str> = questions.lines().collect();
        let (mine, found, exact) = ask_ours(&ours, &questions, kind);
        println!("{file:<7} ours: {mine}, {found} hits ({exact} as spelled)");
        for plain in &plain {
            let (theirs, found) = ask_plain(plain, &questions, kind);
            let times = (mine.cpu.0 / theirs.cpu.0, mine.cpu.1 / theirs.cpu.1);
            println!(
                "        {plain}: {theirs}, {found} hits: ours takes {:.1} and {:.1} times that",
                times.0, times.1
            );
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Words,
    Phrase,
    Prefix,
}

/// The Russian stem of a word, and of that the English one.
#[derive(Clone)]
struct BothStems;

struct BothStemmed<T> {
    inner: T,
    stemmers: [Stemmer; 2],
}

struct Stems<'a, T> {
    inner: T,
    stemmers: &'a [Stemmer; 2],
}

impl<T> BothStemmed<T> {
    fn new(inner: T) -> Self {
        Self { inner, stemmers: [Algorithm::Russian, Algorithm::English].map(Stemmer::new) }
    }
}

impl TokenFilter for BothStems {
    type Tokenizer<T: Tokenizer> = BothStemmed<T>;

    fn transform<T: Tokenizer>(self, tokenizer: T) -> BothStemmed<T> {
        BothStemmed::new(tokenizer)
    }
}

impl<T: Clone> Clone for BothStemmed<T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone())
    }
}

impl<T: Tokenizer> Tokenizer for BothStemmed<T> {
    type TokenStream<'a> = Stems<'a, T::TokenStream<'a>>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Self::TokenStream<'a> {
        Stems { inner: self.inner.token_stream(text), stemmers: &self.stemmers }
    }
}

impl<T: TokenStream> TokenStream for Stems<'_, T> {
    fn advance(&mut self) -> bool {
        let is_there = self.inner.advance();
        for stemmer in self.stemmers.iter().filter(|_| is_there) {
            let stem = stemmer.stem(&self.inner.token().text).into_owned();
            self.inner.token_mut().text = stem;
        }
        is_there
    }

    fn token(&self) -> &Token {
        self.inner.token()
    }

    fn token_mut(&mut self) -> &mut Token {
        self.inner.token_mut()
    }
}

/// A plain index; what takes its texts apart takes questions apart too.
struct Plain {
    index: Index,
    body: Field,
    words: TextAnalyzer,
    stems: bool,
    is_same_job: bool,
}

impl fmt::Display for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = if self.stems { "stems" } else { "small letters" };
        write!(f, "plain, {words}, {}", if self.is_same_job { "same job" } else { "less" })
    }
}

fn build_plain(texts: &[String], stems: bool, is_same_job: bool) -> Plain {
    let begin = now(ClockId::ProcessCPUTime);
    let mut schema = Schema::builder();
    let id = schema.add_u64_field("id", STORED | FAST);
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("x")
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let options = TextOptions::default().set_indexing_options(indexing);
    let body = schema.add_text_field("body", if is_same_job { options.set_stored() } else { options });
    let index = Index::create_in_ram(schema.build());
    let words = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(40))
        .filter(LowerCaser);
    let words = if stems { words.filter(BothStems).build() } else { words.build() };
    index.tokenizers().register("x", words.clone());
    let mut writer: IndexWriter = index.writer_with_num_threads(2, GATHERED).expect("a writer");
    for (number, text) in texts.iter().enumerate() {
        let mut document = TantivyDocument::default();
        document.add_u64(id, number as u64);
        document.add_text(body, text);
        writer.add_document(document).expect("a document is added");
        if is_same_job && (number + 1) % BATCH == 0 {
            writer.commit().expect("a commit");
        }
    }
    writer.commit().expect("a commit");
    writer.wait_merging_threads().expect("merges end");
    let plain = Plain { index, body, words, stems, is_same_job };
    println!("build   {plain}: {:.1} CPU seconds", (now(ClockId::ProcessCPUTime) - begin) / 1000.0);
    plain
}

/// Texts by the number in the derivative's digest.
struct Numbered(Vec<String>);

impl Texts for Numbered {
    fn text(&mut self, _: u64, _: &Ref, derivative: &Derivative) -> Option<Text> {
        let text = std::mem::take(self.0.get_mut(derivative.sha256.parse::<usize>().ok()?)?);
        let part = TextPart { place: TextPlace::Page(1), text, confidence: None, speaker: None };
        Some(Text { parts: vec![part], ..Text::default() })
    }
}

fn build_ours(texts: Vec<String>, disk: &Path, cache: usize) -> Search<Numbered> {
    let count = texts.len();
    let mut spent = 0.0;
    let folder = disk.join("search");
    let opened = Search::open(&folder, &[7; 32], cache, Numbered(texts)).expect("a new index");
    let mut search = opened.with_threads(2);
    for from in (0..count).step_by(BATCH) {
        let to = (from + BATCH).min(count);
        let entries: Vec<Entry> = (from..to).map(examined).collect();
        let begin = now(ClockId::ProcessCPUTime);
        search.apply(&entries, from as u64, to as u64).expect("a batch is folded");
        spent += now(ClockId::ProcessCPUTime) - begin;
    }
    let bytes: u64 = fs::read_dir(&folder)
        .expect("its files")
        .map(|f| f.expect("a file").metadata().map_or(0, |m| m.len()))
        .sum();
    let (segments, _) = search.index().measure().expect("it can be asked");
    println!(
        "build   ours  {:.1} CPU seconds, {} MB with the texts, {segments} segments",
        spent / 1000.0,
        bytes / 1_000_000
    );
    search
}

fn examined(number: usize) -> Entry {
    let about: Ref = format!("A1-{}", number + 1).parse().expect("a reference");
    let object =
        ObjectPlace { name: String::new(), size: 1, header: String::new(), offset: None, length: None };
    let derivative = Derivative {
        kind: DerivativeKind::Text,
        look: None,
        media_type: "application/json".into(),
        sha256: number.to_string(),
        size: 1,
        object,
        tool: 0,
    };
    let examination = Examination {
        about,
        attempt: 1,
        stages: vec![],
        tools: vec![],
        kind: None,
        facts: vec![],
        times: vec![],
        cameras: vec![],
        derivatives: vec![derivative],
        not_taken: vec![],
    };
    let at = jiff::Timestamp::from_second(1_800_000_000).expect("a time of this century");
    let (by, op) = (MemberId::from_bytes([7; 8]), OperationId::from_bytes([0; 16]));
    let change = Change::Examination(examination.into());
    Entry { seq: number as u64, said: Said::Statement(Statement { at, by, op, change }) }
}

fn ask_plain(plain: &Plain, questions: &[&str], kind: Kind) -> (Took, usize) {
    let body = plain.body;
    let reader = plain.index.reader_builder().reload_policy(ReloadPolicy::Manual);
    let reader: tantivy::IndexReader = reader.try_into().expect("a reader");
    let searcher = reader.searcher();
    let mut analyzer = plain.words.clone();
    let mut found = 0;
    let took = twice(questions, |question| {
        let mut words = Vec::new();
        analyzer
            .token_stream(question)
            .process(&mut |token| words.push(Term::from_field_text(body, &token.text)));
        let words = words.into_iter();
        let query: Box<dyn Query> = match kind {
            Kind::Phrase => Box::new(PhraseQuery::new(words.collect())),
            Kind::Prefix => {
                Box::new(RegexQuery::from_pattern(&format!("{question}.*"), body).expect("a pattern"))
            }
            Kind::Words => Box::new(BooleanQuery::new(
                words
                    .map(|term| -> (Occur, Box<dyn Query>) {
                        (Occur::Must, Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)))
                    })
                    .collect(),
            )),
        };
        let best = TopDocs::with_limit(HITS).order_by_score();
        let (hits, cited) = if plain.is_same_job {
            let (_, hits) = searcher.search(&*query, &(Count, best)).expect("an answer");
            let mut cited = SnippetGenerator::create(&searcher, &*query, body).expect("its words");
            cited.set_max_num_chars(CITED);
            (hits, Some(cited))
        } else {
            (searcher.search(&*query, &best).expect("an answer"), None)
        };
        for (_, address) in &hits {
            let document: TantivyDocument = searcher.doc(*address).expect("a document");
            black_box(cited.as_ref().map(|cited| cited.snippet_from_doc(&document)));
        }
        found += hits.len();
    });
    (took, found / 2)
}

fn ask_ours(search: &Search<Numbered>, questions: &[&str], kind: Kind) -> (Took, usize, usize) {
    let wanted = Wanted { offset: 0, limit: HITS, without: &[], alone: &[], cameras: &[], beside: &[] };
    let (mut found, mut exact) = (0, 0);
    let took = twice(questions, |question| {
        let question = match kind {
            Kind::Words => parse(question),
            Kind::Phrase => parse(&format!("\"{question}\"")),
            Kind::Prefix => parse(&format!("{question}*")),
        };
        let answer = search.answer(&question, &wanted).expect("an answer");
        found += answer.hits.len();
        exact += answer.hits.iter().filter(|hit| hit.fit == Fit::Spelled).count();
    });
    (took, found / 2, exact / 2)
}

/// Median and 99th percentile of some times, in milliseconds.
type Spread = (f64, f64);

/// How long questions took that were asked twice.
struct Took {
    /// Of this thread's processor time, where each was asked for the second time.
    cpu: Spread,
    /// The same on the clock.
    wall: Spread,
    /// Of its processor time, where each was asked for the first time.
    first: Spread,
}

impl fmt::Display for Took {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, wall, first } = self;
        write!(f, "p50 {:.3} p99 {:.3} ms of CPU time ", cpu.0, cpu.1)?;
        write!(f, "(wall {:.3}, {:.3}; first asked {:.3}, {:.3})", wall.0, wall.1, first.0, first.1)
    }
}

fn twice(questions: &[&str], mut ask: impl FnMut(&str)) -> Took {
    let mut round = || {
        let mut took: [Vec<f64>; 2] = [Vec::new(), Vec::new()];
        for question in questions {
            let begin = [ClockId::ThreadCPUTime, ClockId::Monotonic].map(now);
            ask(question);
            let end = [ClockId::ThreadCPUTime, ClockId::Monotonic].map(now);
            took.iter_mut()
                .zip(end.iter().zip(begin))
                .for_each(|(took, (end, begin))| took.push(end - begin));
        }
        took.map(|mut took| {
            took.sort_by(f64::total_cmp);
            (took[took.len() / 2], took[took.len() * 99 / 100])
        })
    };
    let [first, _] = round();
    let [cpu, wall] = round();
    Took { cpu, wall, first }
}

/// Milliseconds of such a clock.
fn now(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
