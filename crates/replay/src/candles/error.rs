//! Why candles, series and paths are refused: one fault per cause, each naming the fact and what was expected.

use std::fmt::{self, Display, Formatter};

use super::lines::{MAX_LINE_BYTES, MAX_LINES};
use super::path::MAX_NOISE_BPS;
use super::{MAX_PRICE_E8, ONE_E8};

/// The columns this module reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Time,
    Open,
    High,
    Low,
    Close,
    Volume,
}

impl Column {
    /// Every column, in the order a file without a header has them.
    pub const ALL: [Column; 6] = [Column::Time, Column::Open, Column::High, Column::Low, Column::Close, Column::Volume];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Column::Time => "time",
            Column::Open => "open",
            Column::High => "high",
            Column::Low => "low",
            Column::Close => "close",
            Column::Volume => "volume",
        }
    }
}

/// What is wrong with a file of candles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CandleFault {
    FileUnreadable,
    FileEmpty,
    LinesTooMany,
    LineTooLong,
    TextNotUtf8,
    QuoteUnclosed,
    ColumnMissing,
    ColumnRepeated,
    FieldMissing,
    FieldsTooMany,
    TimeInvalid,
    TimeNotIncreasing,
    NumberInvalid,
    NumberNotFinite,
    NumberTooLarge,
    PriceNotPositive,
    VolumeNegative,
    HighBelowLow,
    PriceOutsideRange,
}

impl Display for CandleFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LinesTooMany => return write!(f, "too many lines; expected at most {MAX_LINES}"),
            Self::LineTooLong => {
                return write!(f, "line too long; expected at most {MAX_LINE_BYTES} bytes, ended by a line feed");
            }
            Self::NumberTooLarge => {
                return write!(f, "too large; expected a price of at most {}", MAX_PRICE_E8 / ONE_E8);
            }
            Self::FileUnreadable => "cannot be read",
            Self::FileEmpty => "no candles; expected at least one line of time, open, high, low, close",
            Self::TextNotUtf8 => "not text; expected UTF-8",
            Self::QuoteUnclosed => "a quote is opened and not closed; expected it to end on its own line",
            Self::ColumnMissing => {
                "not in the header; expected time (or timestamp, date, open_time), open, high, low, close"
            }
            Self::ColumnRepeated => "named twice in the header; expected once",
            Self::FieldMissing => "missing or blank on this line",
            Self::FieldsTooMany => "more fields than on the first line; expected no separators inside numbers",
            Self::TimeInvalid => {
                "not a time; expected whole seconds from 1973 to 5138 as unix seconds, milli-, micro- or \
                 nanoseconds, or ISO 8601 such as 2025-10-10T20:45:00Z"
            }
            Self::TimeNotIncreasing => "not after the candle before it; expected the oldest first, each time once",
            Self::NumberInvalid => "not a number; expected a decimal such as 187.25",
            Self::NumberNotFinite => "not a finite number; expected a decimal such as 187.25",
            Self::PriceNotPositive => "not a positive price; expected at least 0.00000001",
            Self::VolumeNegative => "a negative volume; expected zero or more",
            Self::HighBelowLow => "high is below low; expected low <= high",
            Self::PriceOutsideRange => "outside the candle; expected low <= price <= high",
        })
    }
}

/// A fault and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandleError {
    /// The file, as the caller named it.
    pub name: String,
    /// Counted from 1, comments and blank lines included; 0 when the fault is the whole file's.
    pub line: u64,
    pub column: Option<Column>,
    /// The offending text, shortened.
    pub text: String,
    pub fault: CandleFault,
}

/// Offending text is quoted up to this many characters.
const MAX_TEXT_CHARS: usize = 80;

impl CandleError {
    pub(super) fn new(line: u64, column: Option<Column>, text: &str, fault: CandleFault) -> Self {
        let text = text.chars().take(MAX_TEXT_CHARS).collect();
        Self { name: String::new(), line, column, text, fault }
    }

    pub(super) fn in_file(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }
}

impl Display for CandleError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if let Some(column) = self.column {
            write!(f, ": column `{}`", column.name())?;
        }
        if !self.text.is_empty() {
            write!(f, ": {:?}", self.text)?;
        }
        write!(f, ": {}", self.fault)
    }
}

impl std::error::Error for CandleError {}

/// Why no series could be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeriesError {
    /// A file that should hold the series is faulty. It is not passed over: a replay would silently use other data.
    File(CandleError),
    FolderUnreadable {
        folder: String,
        reason: String,
    },
    WindowReversed {
        from: i64,
        to: i64,
    },
    /// Neither the folder nor the built-in table has a candle of the asset in the window.
    SeriesAbsent {
        asset: String,
        from: i64,
        to: i64,
    },
}

impl Display for SeriesError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::FolderUnreadable { folder, reason } => {
                write!(f, "{folder}: the folder of candles cannot be read: {reason}")
            }
            Self::WindowReversed { from, to } => {
                write!(f, "the window from {from} to {to} ends before it starts")
            }
            Self::SeriesAbsent { asset, from, to } => write!(
                f,
                "no candles of {asset} from {from} to {to}; the built-in table has BTC, ETH and SOL on 10 October \
                 2025 from 20:45 to 22:15 UTC; set FIREBREAK_DATA to a folder of CSV files for more"
            ),
        }
    }
}

impl std::error::Error for SeriesError {}

impl From<CandleError> for SeriesError {
    fn from(error: CandleError) -> Self {
        Self::File(error)
    }
}

/// Why a price path could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathError {
    /// The length of a candle is the distance to its neighbour, so two are needed.
    CandlesTooFew,
    CandleInvalid {
        index: usize,
        column: Column,
        fault: CandleFault,
    },
    StepZero,
    /// Longer steps could not visit both the low and the high of every candle.
    StepTooLong {
        step_seconds: u32,
        interval_seconds: i64,
    },
    NoiseTooLarge {
        noise_bps: u16,
    },
    PathsAbsent,
    PathsDisjoint,
    SamplesTooMany,
}

impl Display for PathError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::CandlesTooFew => f.write_str("a path needs at least two candles"),
            Self::CandleInvalid { index, column, fault } => {
                write!(f, "candle {index}: column `{}`: {fault}", column.name())
            }
            Self::StepZero => f.write_str("a step of zero seconds; expected at least one"),
            Self::StepTooLong { step_seconds, interval_seconds } => write!(
                f,
                "a step of {step_seconds} s in candles of {interval_seconds} s; expected at most a third of a candle"
            ),
            Self::NoiseTooLarge { noise_bps } => {
                write!(f, "noise of {noise_bps} bps; expected at most {MAX_NOISE_BPS}")
            }
            Self::PathsAbsent => f.write_str("no paths to align"),
            Self::PathsDisjoint => f.write_str("the paths have no time in common"),
            Self::SamplesTooMany => f.write_str("too many samples; take a longer step or a shorter window"),
        }
    }
}

impl std::error::Error for PathError {}
