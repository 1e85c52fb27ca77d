//! A page of text: headings, pairs and tables, coloured where that is wanted.

use comfy_table::{Cell, CellAlignment, ContentArrangement, ContentLineStyle, LineStyle, TableStyle};
use std::fmt;

/// What a number says at a glance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    #[default]
    Plain,
    Good,
    Warning,
    Bad,
    /// Less important than the rest.
    Dim,
}

impl Colour {
    fn apply(self, cell: Cell) -> Cell {
        match self {
            Self::Plain => cell,
            Self::Good => cell.fg(comfy_table::Color::Green),
            Self::Warning => cell.fg(comfy_table::Color::Yellow),
            Self::Bad => cell.fg(comfy_table::Color::Red),
            Self::Dim => cell.add_attribute(comfy_table::Attribute::Dim),
        }
    }

    /// The ANSI code that begins it.
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "0",
            Self::Good => "32",
            Self::Warning => "33",
            Self::Bad => "31",
            Self::Dim => "2",
        }
    }
}

/// A cell of a table or the value of a pair.
#[derive(Clone, Debug)]
pub struct Value {
    text: String,
    colour: Colour,
}

/// A value with a colour.
pub fn cell(text: impl fmt::Display, colour: Colour) -> Value {
    Value { text: text.to_string(), colour }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self { text, colour: Colour::Plain }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

/// Stands for a space that alignment must not trim.
const PADDING: char = '\u{2007}';

/// How much a number has behind its point, the point with it; `None` where the text is no bare number.
fn decimals_of(text: &str) -> Option<usize> {
    let digits = text.trim_start_matches(['-', '+']);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.chars().all(|each| each.is_ascii_digit() || each == '.' || each == ',');
    is_number.then(|| text.find('.').map_or(0, |point| text.len() - point))
}

/// What a number lacks for its point to stand under those of the others.
fn missing_decimals(text: &str, most: usize) -> usize {
    decimals_of(text).map_or(0, |decimals| most.saturating_sub(decimals))
}

/// Columns whose heading begins with `>` are numbers: aligned by their points.
#[derive(Clone, Debug)]
pub struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<Value>>,
}

impl Table {
    pub fn new(headings: &[&'static str]) -> Self {
        Self { headings: headings.to_vec(), rows: Vec::new() }
    }

    pub fn row<const N: usize>(&mut self, values: [Value; N]) {
        debug_assert_eq!(N, self.headings.len(), "{:?}", self.headings);
        self.rows.push(values.into());
    }

    /// The most that a number of the column has behind its point, the point with it.
    fn decimals(&self, column: usize) -> usize {
        let texts = self.rows.iter().filter_map(|row| row.get(column)).map(|value| value.text.as_str());
        texts.filter_map(decimals_of).max().unwrap_or(0)
    }

    fn draw(&self, has_colours: bool) -> String {
        const LINES: TableStyle = TableStyle::new()
            .header_lines(ContentLineStyle::none())
            .header_separator(LineStyle::none().fill('─'))
            .content_lines(ContentLineStyle::none());
        let mut table = comfy_table::Table::new();
        table.load_style(LINES).set_content_arrangement(ContentArrangement::Disabled);
        if has_colours {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table.set_header(self.headings.iter().map(|heading| Cell::new(heading.trim_start_matches('>'))));
        let decimals: Vec<usize> = (0..self.headings.len()).map(|column| self.decimals(column)).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&self.headings).zip(&decimals).map(|((value, heading), most)| {
                let missing = if heading.starts_with('>') { missing_decimals(&value.text, *most) } else { 0 };
                let text = format!("{}{}", value.text, PADDING.to_string().repeat(missing));
                value.colour.apply(Cell::new(text))
            });
            table.add_row(cells);
        }
        for (column, heading) in table.column_iter_mut().zip(&self.headings) {
            let is_number = heading.starts_with('>');
            column.set_cell_alignment(if is_number { CellAlignment::Right } else { CellAlignment::Left });
        }
        let line = |line: String| line.replace(PADDING, " ").trim_end().to_owned() + "\n";
        table.lines().map(line).collect()
    }
}

/// Text that grows from top to bottom.
#[derive(Debug)]
pub struct Page {
    text: String,
    has_colours: bool,
}

impl Page {
    pub fn new(has_colours: bool) -> Self {
        Self { text: String::new(), has_colours }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    fn coloured(&self, text: &str, code: &str) -> String {
        if self.has_colours && code != "0" { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A heading, set apart from what is above it.
    pub fn heading(&mut self, text: impl fmt::Display) {
        self.gap();
        self.text += &self.coloured(&text.to_string(), "1");
        self.text.push('\n');
    }

    /// One line.
    pub fn line(&mut self, text: impl fmt::Display) {
        self.text += &format!("{text}\n");
    }

    /// One line of less importance, or of more.
    pub fn note(&mut self, text: impl fmt::Display, colour: Colour) {
        self.text += &self.coloured(&text.to_string(), colour.code());
        self.text.push('\n');
    }

    /// An empty line between what is above and what follows.
    pub fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    pub fn table(&mut self, table: &Table) {
        self.text += &table.draw(self.has_colours);
    }

    /// Names and values, the values under each other.
    pub fn pairs<const N: usize>(&mut self, pairs: [(&str, Value); N]) {
        let width = pairs.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in pairs {
            let name = self.coloured(&format!("{name:<width$}"), Colour::Dim.code());
            self.text += &format!(" {name}  {}\n", self.coloured(&value.text, value.colour.code()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_point_under_point() {
        let mut table = Table::new(&["what", ">amount"]);
        table.row(["a".into(), "1,234.50".into()]);
        table.row(["b".into(), cell("-0.000001", Colour::Bad)]);
        table.row(["c".into(), "none".into()]);
        table.row(["d".into(), "7".into()]);
        let drawn = table.draw(false);
        let lines: Vec<&str> = drawn.lines().collect();
        assert_eq!(lines[2..], [" a     1,234.50", " b        -0.000001", " c             none", " d         7"]);
        assert!(table.draw(true).contains("\x1b["), "colours are there when asked for");
        assert!(!drawn.contains('\x1b'), "and else not");
    }
}
