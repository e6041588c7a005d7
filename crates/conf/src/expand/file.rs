//! Files, from their bytes to their lines.

use std::path::{Path, PathBuf};

use super::Expander;
use crate::lexer::Line;
use crate::loader::FileKind;
use crate::model::limits;
use crate::say;
use crate::source::{FileId, Span, offset};

/// How some editors begin a file.
pub(crate) const MARK: char = '\u{feff}';

impl Expander<'_> {
    pub(super) fn main(&mut self, path: &Path) {
        let kind = self.loader.kind(path);
        match self.loader.read(path) {
            Ok(bytes) => {
                let file = self.file(path.to_owned(), bytes, None);
                self.check_kind(path, kind, file);
            }
            Err(error) => {
                let file = self.diagnostics.sources.add(path.to_owned(), String::new(), None);
                let span = Span::new(file, 0, 0);
                self.report(say::file_unreadable(span, error.path.display(), error.reason));
            }
        }
    }

    /// Reads the lines of one file; `included` is where it was asked for.
    pub(super) fn file(&mut self, path: PathBuf, bytes: Vec<u8>, included: Option<Span>) -> FileId {
        self.files += 1;
        self.bytes += bytes.len();
        let is_utf_16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        };
        let file = self.diagnostics.sources.add(path.clone(), text.clone(), included);
        let mut start = 0;
        if self.bytes > limits::TOTAL_BYTES {
            let span = included.unwrap_or_else(|| Span::new(file, 0, 0));
            self.report(say::too_large(span));
            return file;
        }
        if is_utf_16 {
            self.report(say::utf_16(Span::new(file, 0, 0)));
            return file;
        }
        let checks = self.checks.clone();
        self.open_files.push(path);
        for line in text.split_inclusive('\n') {
            let content = line.strip_suffix('\n').unwrap_or(line).trim_end_matches('\r');
            let skip = if start == 0 && content.starts_with(MARK) { MARK.len_utf8() } else { 0 };
            if skip > 0 {
                self.report(say::byte_order_mark(Span::new(file, 0, offset(skip))));
            }
            self.physical_line(&Line::written(file, start + skip, &content[skip..]));
            start += line.len();
        }
        self.end_definition();
        self.open_files.pop();
        self.checks = checks;
        file
    }

    /// keepalived refuses a main file that is not a plain one.
    fn check_kind(&mut self, path: &Path, kind: FileKind, file: FileId) {
        let (span, path) = (Span::new(file, 0, 0), path.display());
        match kind {
            FileKind::Plain | FileKind::Directory => {}
            FileKind::Executable => self.report(say::main_not_plain_executable(span, path)),
            FileKind::Special => self.report(say::main_not_plain_special(span, path)),
        }
    }
}
