//! Lines of text with their numbers, bounded in length and count.

use std::io::{BufRead, Read};

use super::error::{CandleError, CandleFault};

/// Lines in one file, comments and blank ones included.
pub(super) const MAX_LINES: u64 = 5_000_000;
/// Bytes in one line, its ending included.
pub(super) const MAX_LINE_BYTES: u64 = 4_096;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

pub(super) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    number: u64,
    max_lines: u64,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self::with_limit(reader, MAX_LINES)
    }

    pub(super) fn with_limit(reader: R, max_lines: u64) -> Self {
        Self { reader, buffer: Vec::new(), number: 0, max_lines }
    }

    /// The number and trimmed text of the next line that is neither blank nor a comment; `None` at the end.
    pub(super) fn next_content(&mut self) -> Result<Option<(u64, &str)>, CandleError> {
        while self.read_line()? {
            let is_content = self.buffer.trim_ascii().first().is_some_and(|first| *first != b'#');
            if is_content {
                let text = str::from_utf8(&self.buffer)
                    .map_err(|_| self.fault(&self.buffer.escape_ascii().to_string(), CandleFault::TextNotUtf8))?;
                // Not tabs: a blank last field of a tab-separated line must stay a field.
                return Ok(Some((self.number, text.trim_matches([' ', '\r', '\n']))));
            }
        }
        Ok(None)
    }

    fn read_line(&mut self) -> Result<bool, CandleError> {
        self.buffer.clear();
        self.number += 1;
        let mut line = self.reader.by_ref().take(MAX_LINE_BYTES + 1);
        let read = line.read_until(b'\n', &mut self.buffer);
        let length = read.map_err(|error| self.fault(&error.to_string(), CandleFault::FileUnreadable))?;
        if length == 0 {
            return Ok(false);
        }
        if self.number > self.max_lines {
            return Err(self.fault("", CandleFault::LinesTooMany));
        }
        if length as u64 > MAX_LINE_BYTES {
            return Err(self.fault("", CandleFault::LineTooLong));
        }
        if self.number == 1 && self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.buffer.drain(..BYTE_ORDER_MARK.len());
        }
        Ok(true)
    }

    fn fault(&self, text: &str, fault: CandleFault) -> CandleError {
        CandleError::new(self.number, None, text, fault)
    }
}
