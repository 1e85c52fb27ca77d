//! Every fault, with its line, its column and the text it quotes.

use std::io::{self, BufReader, Read};

use super::super::lines::Lines;
use super::super::parse::parse_lines;
use super::*;

const HEADER: &str = "time,open,high,low,close,volume\n";

#[track_caller]
fn assert_fault(text: &str, line: u64, column: Option<Column>, quoted: &str, fault: CandleFault) {
    let error = parse(text).expect_err(text);
    assert_eq!((error.line, error.column, error.fault), (line, column, fault), "{error}");
    assert_eq!(error.text, quoted, "{error}");
    assert_eq!(error.name, "test.csv");
    let shown = error.to_string();
    let place = if line == 0 { "test.csv: ".to_owned() } else { format!("test.csv:{line}: ") };
    assert!(shown.starts_with(&place), "{shown}");
}

/// A fault in one field of the third line.
#[track_caller]
fn assert_field_fault(column: Column, text: &str, fault: CandleFault) {
    let mut fields = ["1760129400", "10", "12", "9", "11", "1"];
    let place = Column::ALL.iter().position(|other| *other == column).unwrap();
    fields[place] = text;
    let csv = format!("{HEADER}1760129100,10,12,9,11,1\n{}\n", fields.join(","));
    assert_fault(&csv, 3, Some(column), text, fault);
}

#[test]
fn rejects_what_is_not_a_number() {
    for column in [Column::Open, Column::High, Column::Low, Column::Close, Column::Volume] {
        for text in
            ["abc", "1 000", "1.2.3", "--1", "$1", "1e", "e1", "1e+-1", "1e12345", ".", "+", "0x10", "1_000", "١"]
        {
            assert_field_fault(column, text, CandleFault::NumberInvalid);
        }
        for text in ["NaN", "nan", "inf", "-Infinity", "+INF"] {
            assert_field_fault(column, text, CandleFault::NumberNotFinite);
        }
    }
    assert_field_fault(Column::Volume, "-0.00000001", CandleFault::VolumeNegative);
}

#[test]
fn rejects_prices_that_are_not_positive_or_too_large() {
    for column in [Column::Open, Column::High, Column::Low, Column::Close] {
        for text in ["0", "-0", "0.0", "-1", "-187.25", "0.000000004999", "1e-9999", "0e9999"] {
            assert_field_fault(column, text, CandleFault::PriceNotPositive);
        }
        for text in ["1000000000.00000001", "1000000001", "1e9999", "99999999999999999999999999999999999999999999"] {
            assert_field_fault(column, text, CandleFault::NumberTooLarge);
        }
    }
}

#[test]
fn rejects_candles_that_contradict_themselves() {
    let cases = [
        ("10,9,12,11", Column::High, CandleFault::HighBelowLow),
        ("10,11,11.00000001,11", Column::High, CandleFault::HighBelowLow),
        ("12.00000001,12,9,11", Column::Open, CandleFault::PriceOutsideRange),
        ("8.99999999,12,9,11", Column::Open, CandleFault::PriceOutsideRange),
        ("10,12,9,12.00000001", Column::Close, CandleFault::PriceOutsideRange),
        ("10,12,9,8.99999999", Column::Close, CandleFault::PriceOutsideRange),
    ];
    for (prices, column, fault) in cases {
        let fields: Vec<&str> = prices.split(',').collect();
        let quoted = format!("open {}, high {}, low {}, close {}", fields[0], fields[1], fields[2], fields[3]);
        assert_fault(&format!("{HEADER}\n{T0},{prices},1\n"), 3, Some(column), &quoted, fault);
    }
    for prices in ["12,12,9,9", "9,12,9,12", "9,9,9,9"] {
        assert!(parse(&format!("{T0},{prices}")).is_ok(), "on the boundary: {prices}");
    }
}

#[test]
fn rejects_what_is_not_a_time() {
    let texts = [
        "yesterday",
        "99999999",
        "20251010",
        "-1760129400",
        "1760129400.5",
        "1760129400001",
        "1760129400000000001",
        "18446744073709551616",
        "2025-13-01",
        "2025-02-30",
        "10/10/2025",
        "1969-12-31",
        "1973-03-03T09:46:39Z",
        "5138-11-16T09:46:40Z",
        "2025-10-10T20:45:00.5Z",
        "2025-10-10T20:45:00+99:00",
        "2025-10-10[Europe/Berlin]",
        "NaN",
    ];
    for text in texts {
        assert_field_fault(Column::Time, text, CandleFault::TimeInvalid);
    }
}

#[test]
fn rejects_times_that_do_not_increase() {
    assert_field_fault(Column::Time, "1760129100", CandleFault::TimeNotIncreasing);
    assert_field_fault(Column::Time, "1760129099", CandleFault::TimeNotIncreasing);
    assert_field_fault(Column::Time, "2025-10-10T20:45:00Z", CandleFault::TimeNotIncreasing);
}

#[test]
fn rejects_headers_without_a_column_or_with_one_twice() {
    let missing = CandleFault::ColumnMissing;
    assert_fault("open,high,low,close\n1,1,1,1", 1, Some(Column::Time), "open,high,low,close", missing);
    assert_fault("# x\n\ntime,open,high,low\n", 3, Some(Column::Close), "time,open,high,low", missing);
    assert_fault("hello\n", 1, Some(Column::Time), "hello", missing);
    let twice = "time,open,high,low,close,Open";
    assert_fault(&format!("{twice}\n"), 1, Some(Column::Open), twice, CandleFault::ColumnRepeated);
}

#[test]
fn rejects_lines_with_too_few_or_too_many_fields() {
    let short = "1760129100,10,12,9";
    assert_fault(&format!("{HEADER}{short}\n"), 2, Some(Column::Close), short, CandleFault::FieldMissing);
    let blank = "1760129100,10,,9,11,1";
    assert_fault(&format!("{HEADER}{blank}\n"), 2, Some(Column::High), blank, CandleFault::FieldMissing);
    for long in ["1760129100,1,200.5,1,300.5,9,11", "1760129100,10,12,9,11,1,,"] {
        assert_fault(&format!("{HEADER}{long}\n"), 2, None, long, CandleFault::FieldsTooMany);
    }
    let quoted = "1760129100,10,12,9,\"11,1";
    assert_fault(&format!("{HEADER}{quoted}\n"), 2, None, quoted, CandleFault::QuoteUnclosed);
    assert_fault("\"time,open", 1, None, "\"time,open", CandleFault::QuoteUnclosed);
}

#[test]
fn rejects_files_without_candles() {
    for text in ["", "\n\n", "# only words\n", HEADER, "\u{feff}"] {
        assert_fault(text, 0, None, "", CandleFault::FileEmpty);
    }
}

#[test]
fn rejects_what_is_not_text() {
    let error = parse_csv(&b"time,open,high,low,close\n1,\xff\n"[..], "x").unwrap_err();
    assert_eq!((error.line, error.fault), (2, CandleFault::TextNotUtf8));
    assert!(error.to_string().contains("xff"), "{error}");
}

#[test]
fn a_line_has_a_limit() {
    let line_of = |bytes: usize| format!("{T0},1,1,1,1{}\n", " ".repeat(bytes - 19));
    assert_eq!(line_of(4_096).len(), 4_096);
    assert!(parse(&line_of(4_095)).is_ok());
    assert!(parse(&line_of(4_096)).is_ok());
    assert_fault(&line_of(4_097), 1, None, "", CandleFault::LineTooLong);
    assert_fault(&"9".repeat(1_000_000), 1, None, "", CandleFault::LineTooLong);
}

#[test]
fn a_file_has_a_limit_of_lines() {
    let rows = format!("# three lines\n{T0},1,1,1,1\n{},1,1,1,1\n", T0 + 1);
    let parse_with = |max: u64| parse_lines(Lines::with_limit(rows.as_bytes(), max));
    assert_eq!(parse_with(2).unwrap_err().fault, CandleFault::LinesTooMany);
    assert_eq!(parse_with(2).unwrap_err().line, 3);
    assert_eq!(parse_with(3).map(|candles| candles.len()), Ok(2));
    assert_eq!(parse_with(4).map(|candles| candles.len()), Ok(2));
    // An endless file of comments ends too, at the limit of its kind.
    let endless = BufReader::new(io::repeat(b'\n').take(6_000_000));
    let error = parse_csv(endless, "endless").unwrap_err();
    assert_eq!((error.line, error.fault), (5_000_001, CandleFault::LinesTooMany));
}

#[test]
fn a_long_text_is_quoted_in_part() {
    let error = parse(&format!("{HEADER}{T0},{},1,1,1\n", "x".repeat(1_000))).unwrap_err();
    assert_eq!(error.text, "x".repeat(80));
}

#[test]
fn an_error_reads_as_one_line() {
    let error = parse(&format!("{HEADER}{T0},10,twelve,9,11,1\n")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "test.csv:2: column `high`: \"twelve\": not a number; expected a decimal such as 187.25"
    );
}
