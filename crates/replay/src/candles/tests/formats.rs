//! What parses, and to which integers.

use proptest::prelude::*;

use super::*;

const PLAIN: &str = "time,open,high,low,close,volume\n1760129100,10,12,9,11,1.5\n1760129400,11,11,8,8,0\n";

fn plain() -> Vec<Candle> {
    vec![
        Candle { volume_e8: Some(150_000_000), ..candle(T0, 10, 12, 9, 11) },
        Candle { volume_e8: Some(0), ..candle(T0 + 300, 11, 11, 8, 8) },
    ]
}

#[test]
fn separators_line_endings_marks_comments_and_blank_lines_do_not_matter() {
    let variants = [
        PLAIN.to_owned(),
        PLAIN.replace(',', ";"),
        PLAIN.replace(',', "\t"),
        PLAIN.replace(',', " , "),
        PLAIN.replace('\n', "\r\n"),
        PLAIN.trim_end().to_owned(),
        format!("\u{feff}{PLAIN}"),
        format!("# a source\n\n   \n{}\n\t\n# the end", PLAIN.replace('\n', "\n\n#,,\n")),
        PLAIN.replace(',', "\",\"").replace('\n', "\"\n").replace("time", "\"time").replace("17601", "\"17601"),
        PLAIN.replace('\n', ",\n"),
    ];
    for variant in variants {
        assert_eq!(parse(&variant), Ok(plain()), "{variant}");
    }
}

#[test]
fn columns_come_in_any_order_and_case_with_others_ignored() {
    for time in ["time", "Timestamp", "DATE", "Open Time", "open_time", "unix", "Datetime"] {
        let text = format!(
            "Volume,{time},symbol,CLOSE,Low,High,Open,close_time\n\
             1.5,1760129100,\"a,b\",11,9,12,10,x\n\
             0,1760129400,,8,8,11,11\n"
        );
        assert_eq!(parse(&text), Ok(plain()), "{time}");
    }
    let both = "date,unix,open,high,low,close\nnot read,1760129100,10,12,9,11\n";
    assert_eq!(parse(both), Ok(vec![candle(T0, 10, 12, 9, 11)]));
}

#[test]
fn without_a_header_the_order_is_fixed_and_the_volume_optional() {
    let (_, rows) = PLAIN.split_once('\n').unwrap();
    assert_eq!(parse(rows), Ok(plain()));
    assert_eq!(parse("1760129100,10,12,9,11"), Ok(vec![candle(T0, 10, 12, 9, 11)]));
    assert_eq!(parse("1760129100,10,12,9,11,"), Ok(vec![candle(T0, 10, 12, 9, 11)]));
    assert_eq!(parse("1760129100\t10\t12\t9\t11\t\t\n"), parse("1760129100,10,12,9,11"));
    let kline = "1760129100000,10,12,9,11,1.5,1760129399999,16,7,1,1,0\n";
    assert_eq!(parse(kline), Ok(vec![plain()[0]]));
}

#[test]
fn times_of_every_notation_are_the_same_second() {
    let notations = [
        "1760129100",
        "1760129100.0",
        "1760129100000",
        "1760129100000000",
        "1760129100000000000",
        "2025-10-10T20:45:00Z",
        "2025-10-10T20:45:00.000Z",
        "2025-10-10 20:45:00Z",
        "2025-10-10T20:45:00",
        "2025-10-10 20:45:00",
        "2025-10-10 20:45",
        "2025-10-10 20:45:00 UTC",
        "2025-10-10T20:45:00+00:00",
        "2025-10-10T22:45:00+02:00",
        "2025-10-10 15:15:00-05:30",
        "2025-10-10T22:45:00+02:00[Europe/Berlin]",
    ];
    for notation in notations {
        let candles = parse(&format!("{notation},1,1,1,1\n"));
        assert_eq!(candles.map(|candles| candles[0].time), Ok(T0), "{notation}");
    }
    assert_eq!(parse("2025-10-10,1,1,1,1\n").unwrap()[0].time, 1_760_054_400);
}

#[test]
fn units_of_unix_time_change_at_their_limits() {
    let accepted = [
        ("100000000", 100_000_000),
        ("99999999999", 99_999_999_999),
        ("100000000000", 100_000_000),
        ("99999999999000", 99_999_999_999),
        ("100000000000000", 100_000_000),
        ("99999999999000000", 99_999_999_999),
        ("100000000000000000", 100_000_000),
        ("18446744073000000000", 18_446_744_073),
    ];
    for (text, time) in accepted {
        assert_eq!(parse(&format!("{text},1,1,1,1")).unwrap()[0].time, time, "{text}");
    }
}

#[test]
fn prices_are_exact_and_round_half_up_at_the_ninth_decimal() {
    let prices = [
        ("0.00000001", 1),
        ("0.000000005", 1),
        ("0.0000000149", 1),
        ("0.000000015", 2),
        ("187.25", 18_725_000_000),
        ("+187.250000000000000000000000000000000000000000000000", 18_725_000_000),
        ("000187.25", 18_725_000_000),
        (".5", 50_000_000),
        ("5.", 500_000_000),
        ("1e-05", 1_000),
        ("1.76E2", 17_600_000_000),
        ("0.999999995", 100_000_000),
        ("0.99999999499999999999", 99_999_999),
        ("1000000000", MAX_PRICE_E8),
        ("999999999.99999999", MAX_PRICE_E8 - 1),
        ("1000000000.000000004", MAX_PRICE_E8),
    ];
    for (text, price_e8) in prices {
        let candles = parse(&format!("{T0},{text},{text},{text},{text}")).unwrap();
        assert_eq!(candles[0].open_e8, price_e8, "{text}");
    }
}

#[test]
fn volumes_reach_further_than_prices() {
    let volume_of = |text: &str| parse(&format!("{T0},1,1,1,1,{text}")).map(|candles| candles[0].volume_e8);
    assert_eq!(volume_of("9000000000000"), Ok(Some(900_000_000_000_000_000_000)));
    assert_eq!(volume_of("-0.0"), Ok(Some(0)));
    assert_eq!(volume_of(&text_of(u128::MAX)), Ok(Some(u128::MAX)));
    assert_eq!(volume_of(&format!("{}5", text_of(u128::MAX))).unwrap_err().fault, CandleFault::NumberTooLarge);
    assert_eq!(volume_of("1e99").unwrap_err().fault, CandleFault::NumberTooLarge);
}

/// Text that gets past the first checks more often than bytes do.
fn near_csv() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "time",
        "open",
        "high",
        "low",
        "close",
        "volume",
        ",",
        ",",
        ",",
        ";",
        "\t",
        "\n",
        "\n",
        "\r\n",
        "#",
        "\"",
        " ",
        "1760129100",
        "1760129400000",
        "10",
        "0",
        "-1",
        "1e9",
        "9.5e-9999",
        "e",
        ".",
        "nan",
        "2025-10-10",
        "T20:45",
        "Z",
        "\u{feff}",
        "é",
        "99999999999999999999999999999999999999999",
    ]);
    prop::collection::vec(word, 0..80).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic_and_what_parses_keeps_the_law(
        bytes in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        for candle in parse_csv(bytes.as_slice(), "bytes").unwrap_or_default() {
            prop_assert_eq!(candle.invariant(), Ok(()));
        }
    }

    #[test]
    fn near_csv_never_panics_and_what_parses_keeps_the_law(text in near_csv()) {
        match parse(&text) {
            Ok(candles) => {
                prop_assert!(candles.windows(2).all(|pair| pair[0].time < pair[1].time));
                prop_assert!(candles.iter().all(|candle| candle.invariant().is_ok()));
            }
            Err(error) => prop_assert!(error.to_string().starts_with("test.csv")),
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        time in 100_000_000..MAX_TIME,
        mut prices in prop::array::uniform4(1..=MAX_PRICE_E8),
        volume in prop::option::of(any::<u128>()),
    ) {
        prices.sort_unstable();
        let [low_e8, open_e8, close_e8, high_e8] = prices;
        let written = Candle { time, open_e8, high_e8, low_e8, close_e8, volume_e8: volume };
        let [open, high, low, close] =
            [open_e8, high_e8, low_e8, close_e8].map(|price| text_of(u128::from(price)));
        let volume = volume.map(text_of).unwrap_or_default();
        let line = format!("{time},{open},{high},{low},{close},{volume}");
        prop_assert_eq!(parse(&line), Ok(vec![written]));
    }
}
