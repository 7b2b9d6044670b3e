//! The sentences that every language has; `{0}`, `{1}` … are places for values, which the comments name in order.

/// The sentences of one language.
pub struct Table {
    /// The folder cannot be opened: path, reason.
    pub no_bag: &'static str,
    /// A file of an option cannot be read: path, reason.
    pub unreadable_option: &'static str,
    /// Not a vkey: the text.
    pub bad_key: &'static str,
    /// No receipt: path.
    pub bad_receipt: &'static str,
    /// No certificates: path.
    pub bad_certificates: &'static str,
    /// No policy: path, line.
    pub bad_policy: &'static str,
    /// The report cannot be written: reason.
    pub not_written: &'static str,
    /// A reason.
    pub not_found: &'static str,
    /// A reason.
    pub not_allowed: &'static str,
    /// A reason.
    pub no_folder: &'static str,
    /// A reason.
    pub disk_error: &'static str,
    /// The first line of a good report.
    pub intact: &'static str,
    /// The first line of a bad report.
    pub altered: &'static str,
    /// Title.
    pub first_problem: &'static str,
    /// Title.
    pub further_problems: &'static str,
    /// How many are not shown.
    pub more_problems: &'static str,
    /// What to do.
    pub ask_again: &'static str,
    /// What stands for a file where the bag as a whole is meant.
    pub whole_bag: &'static str,
    /// Before the origin.
    pub archive: &'static str,
    /// Before the key.
    pub key_title: &'static str,
    /// The key is expected.
    pub key_pinned: &'static str,
    /// The key is the bag's own.
    pub key_not_pinned: &'static str,
    /// The key is the bag's own, and it signed the receipt too.
    pub key_of_receipt: &'static str,
    /// The key is the bag's own, and an earlier one signed the receipt.
    pub earlier_key_of_receipt: &'static str,
    /// An earlier key was expected.
    pub key_led_to: &'static str,
    /// What was typed cannot be understood: which part.
    pub wrong_usage: &'static str,
    /// The key is another one than expected.
    pub key_not_expected: &'static str,
    /// Before the keys that signed earlier.
    pub earlier_keys: &'static str,
    /// Title of the opened fields of the disclosure.
    pub said_of_package: &'static str,
    /// Title.
    pub files: &'static str,
    /// Size of a file: the forms that go with 1, with 2 to 4, and with the others.
    pub bytes: [&'static str; 3],
    /// A file is the words of a tombstone.
    pub tombstone: &'static str,
    /// Time, authority, how.
    pub no_later_than: &'static str,
    /// Nobody trusted dates it.
    pub undated: &'static str,
    /// Answer about the receipt.
    pub inside_receipt: &'static str,
    /// A file was unpacked: by which tool.
    pub unpacked: &'static str,
    /// One opened field: name, value.
    pub archive_says: &'static str,
    /// Answer.
    pub yes: &'static str,
    /// Answer.
    pub no: &'static str,
    /// Answer.
    pub unknown: &'static str,
    /// How a time was said.
    pub time_stamp: &'static str,
    /// How a time was said.
    pub cosignature: &'static str,
    /// Who says so, where a quorum does.
    pub quorum_name: &'static str,
    /// Title.
    pub stamps: &'static str,
    /// Before each stamp: number of entries.
    pub stamp_of: &'static str,
    /// Authority, time.
    pub stamp_counted: &'static str,
    /// Authority, time.
    pub stamp_unknown: &'static str,
    /// Cosigner.
    pub cosigner_unknown: &'static str,
    /// Cosigner.
    pub cosigner_in_quorum: &'static str,
    /// Reason, in English, for an expert.
    pub stamp_refused: &'static str,
    /// The question.
    pub receipt_question: &'static str,
    /// The answer is each file's.
    pub receipt_in_bag: &'static str,
    /// Unknown, why.
    pub receipt_other_archive: &'static str,
    /// Unknown, why.
    pub receipt_not_signed: &'static str,
    /// Unknown, why.
    pub receipt_not_in_bag: &'static str,
    /// Unknown, why.
    pub receipt_fork: &'static str,
    /// Title.
    pub not_proved: &'static str,
    /// A limit.
    pub not_proved_true: &'static str,
    /// A limit.
    pub not_proved_before: &'static str,
    /// A limit.
    pub not_proved_who: &'static str,
    /// A limit where a file was unpacked.
    pub not_proved_unpacked: &'static str,
    /// A limit where no key is pinned.
    pub not_proved_archive: &'static str,
    /// A limit where an earlier key is pinned.
    pub not_proved_heir: &'static str,
    /// A limit, where only a receipt speaks for the key.
    pub not_proved_publisher: &'static str,
    /// A limit where a file is not dated.
    pub not_proved_date: &'static str,
    /// The limit of an altered bag.
    pub not_proved_anything: &'static str,
    /// A fault: reason.
    pub unreadable: &'static str,
    /// A fault.
    pub link: &'static str,
    /// A fault.
    pub special: &'static str,
    /// A fault.
    pub unexpected: &'static str,
    /// A fault.
    pub empty_folder: &'static str,
    /// A fault.
    pub too_many: &'static str,
    /// A fault.
    pub too_large: &'static str,
    /// A fault.
    pub name: &'static str,
    /// A fault.
    pub missing: &'static str,
    /// A fault: line.
    pub manifest: &'static str,
    /// A fault: manifest.
    pub not_listed: &'static str,
    /// A fault.
    pub digest: &'static str,
    /// A fault: file.
    pub wrong_digest: &'static str,
    /// A fault.
    pub changed: &'static str,
    /// A fault.
    pub text: &'static str,
    /// A fault.
    pub key: &'static str,
    /// A fault.
    pub other_key: &'static str,
    /// A fault.
    pub succession: &'static str,
    /// A fault.
    pub other_predecessor: &'static str,
    /// A fault.
    pub key_order: &'static str,
    /// A fault.
    pub not_led_to: &'static str,
    /// A fault.
    pub record: &'static str,
    /// A fault: field.
    pub forged: &'static str,
    /// A fault: field.
    pub repeated: &'static str,
    /// A fault.
    pub record_not_signed: &'static str,
    /// A fault: change.
    pub other_change: &'static str,
    /// A fault: field.
    pub field: &'static str,
    /// A fault.
    pub opened: &'static str,
    /// A fault.
    pub not_in_disclosure: &'static str,
    /// A fault.
    pub not_as_disclosed: &'static str,
    /// A fault.
    pub manifest_not_as_disclosed: &'static str,
    /// A fault.
    pub proof: &'static str,
    /// A fault.
    pub proof_fails: &'static str,
    /// A fault.
    pub extra: &'static str,
    /// A fault.
    pub signatures: &'static str,
    pub own_checkpoint: &'static str,
    /// A fault.
    pub note_not_in_bag: &'static str,
    /// A fault.
    pub checkpoint: &'static str,
    /// A fault.
    pub checkpoint_not_signed: &'static str,
    /// A fault.
    pub size: &'static str,
    /// A fault.
    pub false_cosignature: &'static str,
    /// A fault.
    pub quorum: &'static str,
    /// A fault.
    pub consistency: &'static str,
    /// A fault.
    pub consistency_fails: &'static str,
    /// A fault.
    pub no_record: &'static str,
    /// A fault.
    pub other_file: &'static str,
}

#[cfg(test)]
impl Table {
    /// All of them, in order.
    pub fn sentences(&self) -> Vec<&'static str> {
        vec![
            self.no_bag,
            self.unreadable_option,
            self.bad_key,
            self.bad_receipt,
            self.bad_certificates,
            self.bad_policy,
            self.not_written,
            self.not_found,
            self.not_allowed,
            self.no_folder,
            self.disk_error,
            self.intact,
            self.altered,
            self.first_problem,
            self.further_problems,
            self.more_problems,
            self.ask_again,
            self.whole_bag,
            self.archive,
            self.key_title,
            self.key_pinned,
            self.key_not_pinned,
            self.key_of_receipt,
            self.earlier_key_of_receipt,
            self.key_led_to,
            self.wrong_usage,
            self.key_not_expected,
            self.earlier_keys,
            self.said_of_package,
            self.files,
            self.bytes[0],
            self.bytes[1],
            self.bytes[2],
            self.tombstone,
            self.no_later_than,
            self.undated,
            self.inside_receipt,
            self.unpacked,
            self.archive_says,
            self.yes,
            self.no,
            self.unknown,
            self.time_stamp,
            self.cosignature,
            self.quorum_name,
            self.stamps,
            self.stamp_of,
            self.stamp_counted,
            self.stamp_unknown,
            self.cosigner_unknown,
            self.cosigner_in_quorum,
            self.stamp_refused,
            self.receipt_question,
            self.receipt_in_bag,
            self.receipt_other_archive,
            self.receipt_not_signed,
            self.receipt_not_in_bag,
            self.receipt_fork,
            self.not_proved,
            self.not_proved_true,
            self.not_proved_before,
            self.not_proved_who,
            self.not_proved_unpacked,
            self.not_proved_archive,
            self.not_proved_heir,
            self.not_proved_publisher,
            self.not_proved_date,
            self.not_proved_anything,
            self.unreadable,
            self.link,
            self.special,
            self.unexpected,
            self.empty_folder,
            self.too_many,
            self.too_large,
            self.name,
            self.missing,
            self.manifest,
            self.not_listed,
            self.digest,
            self.wrong_digest,
            self.changed,
            self.text,
            self.key,
            self.other_key,
            self.succession,
            self.other_predecessor,
            self.key_order,
            self.not_led_to,
            self.record,
            self.forged,
            self.repeated,
            self.record_not_signed,
            self.other_change,
            self.field,
            self.opened,
            self.not_in_disclosure,
            self.not_as_disclosed,
            self.manifest_not_as_disclosed,
            self.proof,
            self.proof_fails,
            self.extra,
            self.signatures,
            self.own_checkpoint,
            self.note_not_in_bag,
            self.checkpoint,
            self.checkpoint_not_signed,
            self.size,
            self.false_cosignature,
            self.quorum,
            self.consistency,
            self.consistency_fails,
            self.no_record,
            self.other_file,
        ]
    }
}
