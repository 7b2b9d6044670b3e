//! A sentence of a check as data: an English template and its values, so that a face can say it in another language.

use std::fmt;

use serde::{Serialize, Serializer};

/// One of [`TEMPLATES`] with its values; shown and serialized in English.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    template: &'static str,
    values: Vec<String>,
}

impl Sentence {
    /// `template` must be one of [`TEMPLATES`], with one `{}` for each value.
    pub(super) fn new(template: &'static str, values: Vec<String>) -> Self {
        debug_assert!(TEMPLATES.contains(&template), "{template:?} is no template that faces know");
        debug_assert_eq!(template.matches("{}").count(), values.len(), "{template:?}");
        Self { template, values }
    }

    /// The English template, by which a face finds its own.
    pub fn template(&self) -> &'static str {
        self.template
    }

    /// The sentence by another template of the same values, such as a translation. Values may be text of others.
    ///
    /// Of `[record|records]` the first stands behind a value of 1, the second behind any other.
    pub fn by(&self, template: &str) -> String {
        let mut parts = template.split("{}");
        let mut text = parts.next().unwrap_or_default().to_owned();
        let mut values = self.values.iter();
        for part in parts {
            let value = values.next().map_or("{}", String::as_str);
            text.push_str(value);
            let not_this = if value == "1" { 2 } else { 1 };
            let pieces = part.split(['[', '|', ']']).enumerate();
            text.extend(pieces.filter(|(at, _)| at % 3 != not_this).map(|(_, piece)| piece));
        }
        text
    }

    /// The same without its values: what sentences of one kind have in common.
    pub fn kind_by(&self, template: &str) -> String {
        let values = self.values.iter().map(|_| "…".to_owned()).collect();
        Self { template: self.template, values }.by(template)
    }
}

impl From<&'static str> for Sentence {
    fn from(template: &'static str) -> Self {
        Self::new(template, Vec::new())
    }
}

impl fmt::Display for Sentence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.by(self.template))
    }
}

impl Serialize for Sentence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A template with values, in their order.
macro_rules! sentence {
    ($template:literal $(, $value:expr)* $(,)?) => {
        $crate::check::Sentence::new($template, vec![$($value.to_string()),*])
    };
}
pub(super) use sentence;

/// Every sentence that a check can say.
pub const TEMPLATES: &[&str] = &[
    "something that is no file stands in its place: a link, a FIFO, a socket or a device",
    "a folder stands in the place of this file",
    "a link stands in the place of this folder: no command goes on before it is taken away",
    "none of its {} [record|records] opens with it: it is another key than sealed them",
    "its record ({}) is damaged: it is not what was sealed there",
    "it is damaged: it is not what was sealed there",
    "whether two members agreed to what needs two: records of the register cannot be read",
    "it erases, and no record says that a second member agreed to it",
    "it adds a member, and no record says that a second member agreed to it",
    "it removes a member, and no record says that a second member agreed to it",
    "it exchanges the keyholders, and no record says that a second member agreed to it",
    "it exchanges the keyholders, and those who held did not approve it",
    "the keyholders that it names are not those of its fingerprint, or their key is none",
    "it names the keyholders, and no record says that a second member agreed to it",
    "{} [opening of a giver|openings of givers], signed with the key that was sealed with [it|each]",
    "whether {} [opening of a giver was as somebody told it: nobody signed it|openings of givers were as somebody told them: nobody signed them]",
    "whether {} [opening of a giver is signed as it says: the records of its accession|openings of givers are signed as they say: the records of their accessions] cannot be read",
    "it says that a giver was opened, and its statement cannot be understood",
    "it says that a giver was opened, and its statement is about another accession",
    "it says that a giver was opened, and is not signed with the key that was sealed with it",
    "it names the keys of a giver, and is not by whoever received it",
    "it names the keys of a giver that another record had named",
    "it stands under the key of an accession that was begun after it",
    "{} of {} keyholders opened a recovery test, last on {}",
    "whether all keyholders, named on {}, can still open who gave what: a year passed without it being shown; test it with vidimus keyholder test",
    "when record {} was made: our clock said {}, but already {} in record {} before it; the order is the log's",
    "when record {} was made: our clock said {}, but a time stamp shows that it was there by {} (receipt {} or a later one)",
    "when record {} was made: our clock said {}, and on this machine it is only {}",
    "when the records of {} more [append|appends] were made: our clock was wrong in the same way",
    "{} [tile behind the published checkpoint is not what the ledger's entries make it|tiles behind the published checkpoint are not what the ledger's entries make them], {} first: nobody was promised them, and they are made again",
    "there is no ledger",
    "the folder cannot be read: {}",
    "this program did not put it there",
    "whether this folder is marked as a backup: backup.json may not be read",
    "it should mark a backup, and cannot be read as such a mark",
    "it marks a backup of another archive than the one whose ledger lies here, and nothing is recorded beside it",
    "it marks a backup, and here lies a published log, which no backup has: nothing is recorded beside it",
    "the catalogue folds/{} was not sound: it was thrown away, and is folded again when it is asked",
    "the catalogue hid it, or said something else of it than the records do",
    "whether the catalogue folds/{} says what the records say: it is not up to date, or a key is missing",
    "the catalogue is not sound and cannot be thrown away: {}",
    "{} [key that opens|keys that open]",
    "{} [key that is wrapped for another: only they can open it|keys that are wrapped for others: only they can open them]",
    "the member's key file is damaged",
    "the archive's signing key does not open for its member",
    "it holds another key than the other wraps of the same name",
    "it does not open for its holder",
    "it is wrapped for another holder than it is named for",
    "it is damaged",
    "it is another key than the one that the records name",
    "it is missing, so that {} cannot read the compartment",
    "it is not the one that {} made: what it seals cannot be read",
    "no file of it is there: {} made it, and what it seals cannot be read",
    "{} moved something there by record {}, and holds no key of it",
    "it is missing, and with it {} [record and what belongs to it|records and what belongs to them]",
    "it is missing, so that {} cannot record anything",
    "it holds other keys than the register names for this member",
    "it is not the key file of {}",
    "it is not the newest key file of {}: an older one opens with an older passphrase or sheet",
    "the key file of {} is missing",
    "the ledger's file",
    "the ledger's file is damaged: {}",
    "the ledger's file cannot be read: {}",
    "the ledger names another archive than the key store",
    "it is older than the keys beside it, which nothing is lost by: it ends at {} [record|records], signed with {}, and {} has signed {}",
    "the keys beside it are not of its time, which nothing is lost by: it ends at {} [record|records], signed with {}, and the key store holds {}",
    "cannot be read: {}",
    "the row is missing, or cannot be read",
    "it is not a checkpoint",
    "it is the checkpoint of another size",
    "it is not signed by the archive's key under its origin",
    "the ledger has fewer rows than it counts",
    "{} of {} signed checkpoints over the ledger's entries",
    "whose signatures the checkpoints bear: the archive's key was not found",
    "it is signed for another tree than the ledger's: a forged or forked log",
    "its entry is not the one that the checkpoints were signed over",
    "among these rows are some that the checkpoints were not signed over",
    "it counts {} [row|rows], and {} [is|are] there",
    "its checkpoint is not the one that was kept for its size",
    "its frontier is not that of the entries",
    "nothing that this machine has seen before is missing",
    "whether the archive went back: this machine has never seen it (compare with a receipt)",
    "the archive went back: this machine has seen {} [record|records], the ledger's checkpoint is over {}",
    "the archive is not where this machine saw it",
    "what this machine remembers is not a checkpoint of this archive: the mark was changed",
    "whether the archive went back: its tip is damaged",
    "the key store holds no member's keys",
    "no member's keys open with this name and passphrase",
    "no member's keys open with this passphrase, and a key file is damaged",
    "the key store cannot be read",
    "what is in records and objects: nobody's keys were opened",
    "the vault does not open: {}",
    "the ledger does not open: {}",
    "every record, and which object belongs to what: the ledger does not open",
    "cannot be listed: {}",
    "{} of {} objects: decrypted, and with the hash that was recorded",
    "{} of {} objects: present, with the header and length that were recorded",
    "whether every byte of the objects is what was received: that takes check --full",
    "its record names no object",
    "what a tool made of it is damaged or missing (object {})",
    "its record contradicts others about its object",
    "its object {} was swapped: it holds what belongs to {}",
    "its bytes are not those that were recorded (object {})",
    "a part of its object is damaged (object {})",
    "what {} [object belongs to|objects belong to]: not every record can be read",
    "no record refers to it; it is a copy of the object {}",
    "no record refers to it, and no key of the archive opens it",
    "its object {} is missing",
    "its object {} was replaced by something that is no file",
    "its object {} is not sealed for its key",
    "its object {} is another one, or its beginning was changed",
    "its object {} has {} [byte|bytes] where {} were sealed",
    "its object {} does not hold as many bytes as were recorded",
    "its object {} cannot be read: {}",
    "it is on record, and its files are missing",
    "the ledger lacks this checkpoint, of which a receipt was made",
    "{} [receipt|receipts]",
    "a receipt was made of this checkpoint, and the ledger does not have it: the ledger went back",
    "it is not a receipt of this ledger",
    "the file is missing",
    "the file is not what the ledger signed",
    "its words were changed, or are those of another version; the note in it is right",
    "it is no time stamp of this receipt: {}",
    "it is marked as erased and never was a record",
    "its body is gone, and no tombstone says why",
    "its record is gone, and it was made to look like a blank row",
    "it is marked as erased and still has a body",
    "its record is not signed by this archive",
    "its record is of another operation than the row says",
    "its record is by somebody who never was a member",
    "its member has no sound signing key",
    "the member's own signature in its record does not hold",
    "it was signed by somebody who was not a member then",
    "its fields cannot be understood: {}",
    "{} [record|records]: sealed, signed, and in the log",
    "{} [record under a key that is not held here, and what it names|records under keys that are not held here, and what they name]",
    "its record ({}) is sealed by another key than its row names: the row was changed",
    "it is sealed by another key than its row names: the row was changed",
    "it stands under a key of another kind than its change is sealed by",
    "it is a blank row of another key than it names: the row was changed",
    "whether {} [record stands under the key that seals it|records stand under the keys that seal them]: so many are tried by check --full alone",
    "what {} [record of a newer version says (its signature holds)|records of a newer version say (their signatures hold)]",
    "records were signed after it, and the ledger does not have it",
    "by whom every record was made: records of the register cannot be read",
    "what was appended while the check ran",
    "it stands in another compartment than its member signed for, and no record says that it was moved",
    "two records say that they are this item",
    "it was erased, and no tombstone says why",
    "why {} [record was|records were] erased: not every record can be read",
    "a tombstone says that it was erased, and it is there",
    "the record that begins the archive cannot be read",
    "it names another key for the archive, and the keys do not fit",
    "it changes the archive's key, and was not appended alone",
    "its row hides when its body was destroyed or replaced, so that backups would keep the old one",
    "its row says that its body was destroyed or replaced then, and no record did that",
    "a record says that it was destroyed or sealed anew, and its row does not say so",
    "it could be read on this computer before, and now its row names a key that is not held, though no record says that it was sealed anew",
    "whether somebody signed for all that was destroyed: records of the register cannot be read",
    "it was moved, and stands under another key than the move says",
    "it stands far behind the ledger's end",
    "whether everything that was received is still on record: not every record can be read",
    "it was received, and its record is gone",
    "how many items {} had: no record ends it, so that it is still being received, was interrupted, or lost its end",
    "it ends an accession, and is not by whoever received it",
    "it ends an accession that another record had ended",
    "its number is above the number of items that were received",
    "it was received, and the records of its receipt are gone",
    "it stands under a key that no record names for its compartment",
    "its number was passed over: the record that took it is gone",
    "it stands in a compartment that no record names",
    "it is about what another member received, and only they record that",
    "the key with which these keyholders approve others is sealed to others than them",
    "it names a generation of a key, and stands under another key",
    "it is about the key file of another member than the one who signed it",
    "another record had said this before, of the same thing",
    "it releases an accession under another key than the one it was opened with",
    "it lets somebody in by a key that is none of its compartment's",
    "it lets somebody in who was not a member then",
    "it takes a compartment away from a member who held it and was not removed",
    "it names the keys of a giver for others than it is sealed to",
    "it tests others than the keyholders whom it names",
    "it tells of a test of keyholders that nobody began",
    "its giver is sealed to others than keyholders who were named",
    "it was destroyed by an erasure or a move, and it is there again",
    "every record under it was erased, and it is there again",
    "left over by interrupted work, and harmless: {} ({}{})",
    "it is another key than {} held on this computer",
    "whether the tiles are right: rows of the ledger are missing or changed",
    "the published log: a backup has none, and restoring makes it anew; if this folder is the archive itself, find out who put backup.json there, move it out of the folder, and run vidimus rebuild",
    "it holds more than the ledger: the ledger went back, or the tile is foreign",
    "it is missing",
    "{} [tile|tiles] of the published log",
    "the published checkpoint is missing",
    "it is not signed by this archive",
    "the published log has {} [entry|entries], the ledger {}: the ledger went back",
    "the published checkpoint is of another tree than the ledger's: one of them was forked",
    "the receipt is of another tree than the ledger's: one of them was forked",
    "the published log has {} [entry|entries], and a receipt was made of {}: it was put back, or not published since",
    "left over by interrupted work, or needed by what the ledger lacks: {} ({}{})",
    "it is not what the ledger's entries make it",
    "the erasure of {} waits for a second member: {} proposed it on {}; another member agrees with: vidimus agree {}",
    "the erasure of {}, proposed by {} on {}, was agreed to by {} and is not done: the next command of whoever proposed it does it",
    "erasing or moving {} was interrupted: {} began it on {}; the next command that records something takes away what is left of it, and whether it happened is shown by vidimus log; where it did not, repeat it",
    "what {} is: a note that cannot be opened here; either an erasure or move of another compartment was interrupted, and the next command of whoever holds it takes away what is left of it, or somebody put the file there",
    "an erasure or move was interrupted ({}): the next command of whoever holds its compartment takes away what is left of it",
];

#[cfg(test)]
mod tests {
    use super::{Sentence, TEMPLATES};

    #[test]
    fn one_is_not_many() {
        let receipts = |number: &str| sentence!("{} [receipt|receipts]", number).to_string();
        assert_eq!(
            [receipts("0"), receipts("1"), receipts("21")],
            ["0 receipts", "1 receipt", "21 receipts"]
        );
        let rows = sentence!("it counts {} [row|rows], and {} [is|are] there", 1, 2);
        assert_eq!(rows.to_string(), "it counts 1 row, and 2 are there");
        assert_eq!(rows.kind_by(rows.template()), "it counts … rows, and … are there");
        // No other word for how it is to be read than behind a value, and none without its two forms.
        for template in TEMPLATES {
            let begins = template.split("{}").next().unwrap_or_default();
            let forms = ['[', '|', ']'].map(|sign| template.matches(sign).count());
            assert!(!begins.contains(['[', '|', ']']) && forms == [forms[0]; 3], "{template}");
            let shown = Sentence::new(template, vec!["1".into(); template.matches("{}").count()]).to_string();
            assert!(!shown.contains(['[', '|', ']']), "{shown}");
        }
    }
}
