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

/// Columns whose heading begins with `>` are aligned to the right: numbers.
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
        for row in &self.rows {
            table.add_row(row.iter().map(|value| value.colour.apply(Cell::new(&value.text))));
        }
        for (column, heading) in table.column_iter_mut().zip(&self.headings) {
            let is_number = heading.starts_with('>');
            column.set_cell_alignment(if is_number { CellAlignment::Right } else { CellAlignment::Left });
        }
        table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
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
