//! Where the columns are: read from the header line, or the fixed order when there is none.

use super::error::{CandleFault, Column};

/// Names of the time column, the most explicit first: some exports carry two (`unix` and `date`).
const TIME_NAMES: [&str; 7] = ["open_time", "timestamp", "unix", "datetime", "date_time", "time", "date"];

/// A fault and its column, if it has one.
pub(super) type Misplaced = (Option<Column>, CandleFault);

/// The trimmed fields of one line.
pub(super) struct Fields<'a> {
    /// Time, open, high, low, close; none is blank.
    pub(super) required: [&'a str; 5],
    pub(super) volume: Option<&'a str>,
}

/// The separator and the place of each column of [`Column::ALL`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Columns {
    separator: char,
    count: usize,
    places: [Option<usize>; 6],
}

impl Columns {
    /// Reads them from the first line with content. The flag says whether that line is a header.
    pub(super) fn from_first_line(line: &str) -> Result<(Self, bool), Misplaced> {
        let separator = separator_of(line);
        let fields = split(line, separator).map_err(|fault| (None, fault))?;
        let names: Vec<String> = fields.iter().map(|field| normalised(field)).collect();
        let mut columns = Self { separator, count: fields.len(), places: [None; 6] };
        if !is_header(&names) {
            for (place, slot) in columns.places.iter_mut().enumerate() {
                *slot = (place < fields.len()).then_some(place);
            }
            return Ok((columns, false));
        }
        for (column, slot) in Column::ALL.into_iter().zip(&mut columns.places) {
            *slot = place_of(column, &names).map_err(|fault| (Some(column), fault))?;
        }
        Ok((columns, true))
    }

    /// The fields of a line that are read. Only the volume may be absent.
    pub(super) fn pick<'a>(&self, line: &'a str) -> Result<Fields<'a>, Misplaced> {
        let fields = split(line, self.separator).map_err(|fault| (None, fault))?;
        // One blank field over is a separator at the end of the line. Any other surplus means that the columns moved.
        let surplus = fields.get(self.count..).unwrap_or_default();
        if surplus.len() > 1 || surplus.iter().any(|field| !field.is_empty()) {
            return Err((None, CandleFault::FieldsTooMany));
        }
        let field_at = |place: Option<usize>| {
            let field = place.and_then(|place| fields.get(place).copied());
            field.filter(|field| !field.is_empty())
        };
        let mut required = [""; 5];
        for ((slot, column), place) in required.iter_mut().zip(Column::ALL).zip(self.places) {
            *slot = field_at(place).ok_or((Some(column), CandleFault::FieldMissing))?;
        }
        Ok(Fields { required, volume: field_at(self.places[5]) })
    }
}

/// The one seen most often; the comma when none is.
fn separator_of(line: &str) -> char {
    let count = |separator: char| line.matches(separator).count();
    // `max_by_key` keeps the last of equals, so the comma stands last.
    ['\t', ';', ','].into_iter().max_by_key(|separator| count(*separator)).unwrap_or(',')
}

/// Splits outside quotes, then takes off blanks and one pair of quotes. A quote must close on its own line.
fn split(line: &str, separator: char) -> Result<Vec<&str>, CandleFault> {
    let mut is_quoted = false;
    let fields = line
        .split(|character| {
            is_quoted ^= character == '"';
            character == separator && !is_quoted
        })
        .map(unquoted)
        .collect();
    if is_quoted { Err(CandleFault::QuoteUnclosed) } else { Ok(fields) }
}

fn unquoted(field: &str) -> &str {
    let field = field.trim();
    let inner = field.strip_prefix('"').and_then(|field| field.strip_suffix('"'));
    inner.map_or(field, str::trim)
}

fn normalised(name: &str) -> String {
    name.to_lowercase().replace([' ', '-'], "_")
}

/// A header names a column, or at least has nothing that looks like a number.
fn is_header(names: &[String]) -> bool {
    let is_name =
        |name: &String| TIME_NAMES.contains(&name.as_str()) || Column::ALL.iter().any(|column| column.name() == name);
    let is_number = |name: &String| {
        let digits = name.trim_start_matches(['+', '_', '.']);
        digits.starts_with(|character: char| character.is_ascii_digit())
    };
    names.iter().any(is_name) || !names.iter().any(is_number)
}

fn place_of(column: Column, names: &[String]) -> Result<Option<usize>, CandleFault> {
    let places_named = |wanted: &str| {
        let places = names.iter().enumerate().filter(|(_, name)| *name == wanted);
        places.map(|(place, _)| place).collect::<Vec<_>>()
    };
    let places = match column {
        Column::Time => {
            let found = TIME_NAMES.iter().map(|name| places_named(name)).find(|places| !places.is_empty());
            found.unwrap_or_default()
        }
        _ => places_named(column.name()),
    };
    match places.as_slice() {
        [] if column == Column::Volume => Ok(None),
        [] => Err(CandleFault::ColumnMissing),
        [place] => Ok(Some(*place)),
        _ => Err(CandleFault::ColumnRepeated),
    }
}
