//! What a file is by its content: the names of kinds, their groups, and the endings that such files have.

use vidimus_model::{FileKind, Group};

macro_rules! kinds {
    ($($kind:ident $group:ident $media:literal $endings:literal;)+) => {
        /// A kind of file, told by its content.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[allow(missing_docs, reason = "the table names each by its media type")]
        pub enum Kind { $($kind),+ }

        /// Each kind: group, media type, endings.
        const TABLE: &[(Kind, Group, &str, &str)] = &[$((Kind::$kind, Group::$group, $media, $endings)),+];
    };
}

kinds! {
    Mp4 Video "video/mp4" "mp4 m4v mp4v";
    QuickTime Video "video/quicktime" "mov qt";
    ThreeGp Video "video/3gpp" "3gp 3g2 3gpp";
    Matroska Video "video/x-matroska" "mkv mka mks";
    Webm Video "video/webm" "webm";
    Avi Video "video/x-msvideo" "avi divx";
    Asf Video "video/x-ms-asf" "wmv asf wma";
    Flv Video "video/x-flv" "flv f4v";
    MpegTs Video "video/mp2t" "ts mts m2ts";
    MpegPs Video "video/mpeg" "mpg mpeg vob mpe";
    OggVideo Video "video/ogg" "ogv ogg";
    Mxf Video "application/mxf" "mxf";
    Dav Video "video/x-dahua" "dav";
    Hikvision Video "video/x-hikvision" "mp4 hik";
    H264 Video "video/h264" "h264 264 avc";
    Mp3 Audio "audio/mpeg" "mp3 mp2 mpga";
    Wav Audio "audio/wav" "wav wave";
    Flac Audio "audio/flac" "flac";
    Ogg Audio "audio/ogg" "ogg oga";
    Opus Audio "audio/opus" "opus ogg oga";
    M4a Audio "audio/mp4" "m4a m4b m4r mp4 aac";
    Amr Audio "audio/amr" "amr awb";
    Aac Audio "audio/aac" "aac adts";
    Aiff Audio "audio/aiff" "aif aiff aifc";
    Jpeg Picture "image/jpeg" "jpg jpeg jpe jfif thm";
    Png Picture "image/png" "png apng";
    Gif Picture "image/gif" "gif";
    Bmp Picture "image/bmp" "bmp dib";
    Tiff Picture "image/tiff" "tif tiff dng nef cr2 arw";
    Webp Picture "image/webp" "webp";
    Heic Picture "image/heic" "heic heif hif";
    Avif Picture "image/avif" "avif";
    Svg Picture "image/svg+xml" "svg";
    Ico Picture "image/x-icon" "ico cur";
    Psd Picture "image/vnd.adobe.photoshop" "psd psb";
    JpegXl Picture "image/jxl" "jxl";
    Jpeg2000 Picture "image/jp2" "jp2 j2k jpf jpx";
    Pdf Document "application/pdf" "pdf";
    Docx Document "application/vnd.openxmlformats-officedocument.wordprocessingml.document" "docx docm dotx dotm";
    Pptx Document "application/vnd.openxmlformats-officedocument.presentationml.presentation" "pptx pptm ppsx potx";
    Doc Document "application/msword" "doc dot";
    Ppt Document "application/vnd.ms-powerpoint" "ppt pps pot";
    Odt Document "application/vnd.oasis.opendocument.text" "odt ott";
    Odp Document "application/vnd.oasis.opendocument.presentation" "odp otp";
    LockedOffice Document "application/vnd.ms-office" "docx xlsx pptx doc xls ppt docm xlsm";
    Rtf Document "application/rtf" "rtf doc";
    Html Document "text/html" "html htm xhtml shtml";
    Xml Document "text/xml" "xml xsl rss kml gpx fb2 xmp opf";
    Json Document "application/json" "json jsonl geojson ndjson";
    Text Document "text/plain" "txt text log md markdown csv tsv ini conf cfg nfo asc me rst yaml yml toml sh py js css sql bat url desktop m3u";
    Epub Document "application/epub+zip" "epub";
    Djvu Document "image/vnd.djvu" "djvu djv";
    PostScript Document "application/postscript" "ps eps ai";
    Xlsx Table "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" "xlsx xlsm xltx xlsb";
    Xls Table "application/vnd.ms-excel" "xls xlt";
    Ods Table "application/vnd.oasis.opendocument.spreadsheet" "ods ots";
    Csv Table "text/csv" "csv tsv txt";
    Mail Mail "message/rfc822" "eml msg txt mht mhtml";
    Mbox Mail "application/mbox" "mbox mbx eml txt";
    Msg Mail "application/vnd.ms-outlook" "msg oft";
    Pst Mail "application/vnd.ms-outlook-pst" "pst ost";
    Zip Container "application/zip" "zip jar apk kmz cbz aar war xpi ipa";
    Tar Container "application/x-tar" "tar gtar ova";
    SevenZip Container "application/x-7z-compressed" "7z";
    Rar Container "application/vnd.rar" "rar r00 cbr";
    Cab Container "application/vnd.ms-cab-compressed" "cab";
    Iso Container "application/x-iso9660-image" "iso udf";
    Lzh Container "application/x-lzh-compressed" "lzh lha";
    Ar Container "application/x-archive" "a deb ar";
    Cpio Container "application/x-cpio" "cpio";
    Rpm Container "application/x-rpm" "rpm";
    Xar Container "application/x-xar" "xar pkg";
    Gzip Container "application/gzip" "gz tgz svgz";
    Bzip2 Container "application/x-bzip2" "bz2 tbz tbz2";
    Xz Container "application/x-xz" "xz txz";
    Zstd Container "application/zstd" "zst tzst";
    Compress Container "application/x-compress" "z taz";
    Lz4 Container "application/x-lz4" "lz4";
    Lzip Container "application/x-lzip" "lz";
    Lzop Container "application/x-lzop" "lzo";
    Warc Web "application/warc" "warc gz";
    Wacz Web "application/wacz" "wacz zip";
    Mhtml Web "multipart/related" "mht mhtml eml";
    Srt Subtitles "application/x-subrip" "srt";
    Vtt Subtitles "text/vtt" "vtt";
    SpeechJson Subtitles "application/vnd.vidimus.transcript+json" "json";
    Playlist Other "application/vnd.apple.mpegurl" "m3u8 m3u";
    Exe Other "application/vnd.microsoft.portable-executable" "exe dll sys scr com";
    Elf Other "application/x-elf" "so o bin elf";
    Sqlite Other "application/vnd.sqlite3" "sqlite sqlite3 db db3";
    Cfb Other "application/x-cfb" "db doc xls vsd mpp wps pub";
    Font Other "font/sfnt" "ttf otf woff woff2";
    Shortcut Other "application/x-ms-shortcut" "lnk";
    Flash Other "application/vnd.adobe.flash.movie" "swf";
    Empty Empty "application/x-empty" "";
    Unknown Unknown "application/octet-stream" "";
}

impl Kind {
    /// The group by which items are listed.
    pub fn group(self) -> Group {
        self.row().1
    }

    /// Media type.
    pub fn media_type(self) -> &'static str {
        self.row().2
    }

    /// The kind that a media type of ours names.
    pub(crate) fn of_media_type(media_type: &str) -> Option<Kind> {
        TABLE.iter().find(|row| row.2 == media_type).map(|row| row.0)
    }

    /// Whether our own reader decodes it.
    pub(crate) fn is_decoded_here(self) -> bool {
        matches!(
            self,
            Kind::Jpeg
                | Kind::Png
                | Kind::Gif
                | Kind::Bmp
                | Kind::Tiff
                | Kind::Webp
                | Kind::Heic
                | Kind::Avif
        )
    }

    /// Whether it is a zip, whatever else it is.
    pub(crate) fn is_zip(self) -> bool {
        matches!(
            self,
            Kind::Zip
                | Kind::Wacz
                | Kind::Docx
                | Kind::Xlsx
                | Kind::Pptx
                | Kind::Odt
                | Kind::Ods
                | Kind::Odp
                | Kind::Epub
        )
    }

    /// As a record says it, with what the ending of this name is worth.
    pub fn told(self, untrusted_path: &[u8]) -> FileKind {
        let ending_fits = ending(untrusted_path).and_then(|ending| self.fits(&ending));
        FileKind { group: self.group(), media_type: self.media_type().to_owned(), ending_fits }
    }

    /// Whether such files have this ending; none where no kind has it.
    fn fits(self, ending: &str) -> Option<bool> {
        let has = |endings: &str| endings.split(' ').any(|one| one == ending);
        if self == Kind::Empty || !TABLE.iter().any(|row| has(row.3)) {
            return None;
        }
        Some(has(self.row().3))
    }

    fn row(self) -> &'static (Kind, Group, &'static str, &'static str) {
        TABLE.iter().find(|row| row.0 == self).unwrap_or(&TABLE[TABLE.len() - 1])
    }
}

/// The ending of a name in lower case, if it has one of at most eight Latin letters and digits.
pub(crate) fn ending(untrusted_path: &[u8]) -> Option<String> {
    let name = untrusted_path.rsplit(|byte| *byte == b'/').next()?;
    let dot = name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0)?;
    let ending = name.get(dot + 1..)?;
    let is_one = (1..=8).contains(&ending.len()) && ending.iter().all(u8::is_ascii_alphanumeric);
    is_one.then(|| String::from_utf8_lossy(ending).to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_worth_something_only_where_a_kind_has_it() {
        for (kind, path, fits) in [
            (Kind::Jpeg, &b"a/IMG.JPG"[..], Some(true)),
            (Kind::Png, b"a/IMG.JPG", Some(false)),
            (Kind::Unknown, b"film.mp4", Some(false)),
            (Kind::Jpeg, b"a.b/picture", None),
            (Kind::Jpeg, b".jpg", None),
            (Kind::Jpeg, b"picture.jpg_old2", None),
            (Kind::Empty, b"film.mp4", None),
            (Kind::Text, "записка.txt".as_bytes(), Some(true)),
            (Kind::Text, "записка.тхт".as_bytes(), None),
            (Kind::Gzip, b"a.tar.gz", Some(true)),
        ] {
            assert_eq!(kind.told(path).ending_fits, fits, "{kind:?} {}", String::from_utf8_lossy(path));
        }
    }

    #[test]
    fn the_table_names_each_media_type_once() {
        let mut types: Vec<_> = TABLE.iter().map(|row| row.2).collect();
        types.sort_unstable();
        let all = types.len();
        types.dedup();
        assert_eq!(types.len(), all);
    }
}
