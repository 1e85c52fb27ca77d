//! A fuzz of whole readings, from bytes to an accepted price, and the mistakes that it has to find.
//!
//! Valid accounts with fields near every limit are damaged: one to eight bytes changed, cut, extended, shifted by one. What the program's
//! adapter and the gate make of them is compared with all checks written one by one. Each planted mistake is one that a real program
//! has made, or that the attacks in docs/attacks.md are about.

use crate::{
    legacy, pull,
    samples::{Numbers, Sample, samples},
    view::{read_legacy, read_pull},
};
use firebreak::FirebreakError;
use risk::{GateParams, OraclePrice, PriceState, accept_price};

const NOW: i64 = 1_800_000_000;
const CASES: usize = 60_000;
const GATE: GateParams = GateParams {
    exponent: -8,
    scale: -4,
    max_age_seconds: 60,
    confidence_fresh_bps: 100,
    confidence_max_bps: 500,
    ema_band_bps: 1_000,
    ema_seconds: 300,
};

/// Mark, confidence, publish time.
type Judged = Option<(u64, u64, i64)>;
/// From bytes and the feed asked for to a reading.
type Reader = fn(&[u8], &[u8; 32]) -> Option<OraclePrice>;
/// What happens to a reading on its way to the gate.
type Bend = fn(OraclePrice) -> OraclePrice;

/// The program's gate, on an asset without a price.
fn gate(reading: OraclePrice) -> Judged {
    let state = accept_price(&reading, &GATE, &PriceState::EMPTY, NOW).ok()?;
    Some((state.mark, state.confidence, state.publish_time))
}

/// Every check of the gate, one by one.
fn checked_gate(reading: OraclePrice) -> Judged {
    let [price, confidence, time] =
        [i128::from(reading.price), i128::from(reading.confidence), i128::from(reading.publish_time)];
    let (mark, half_width) = (price.div_euclid(10_000), -(-confidence).div_euclid(10_000));
    let widest = -(-mark * 500).div_euclid(10_000);
    let passes = reading.exponent == -8
        && price > 0
        && (1..=1 << 30).contains(&mark)
        && (i128::from(NOW) - 60..=i128::from(NOW) + 2).contains(&time)
        && half_width <= widest
        && half_width < mark;
    passes.then_some((mark as u64, half_width as u64, reading.publish_time))
}

/// A sample that the gate would accept, but for one or two fields at or beyond a limit.
fn near_the_limits(sample: Sample, numbers: &mut Numbers) -> Sample {
    let now = i128::from(NOW);
    // The first is what it should be, and comes up most often.
    let mut pick = |choices: &[i128]| choices[if numbers.below(4) > 0 { 0 } else { numbers.below(choices.len()) }];
    Sample {
        signatures: sample.signatures.filter(|_| pick(&[0, 1]) == 1),
        price: pick(&[15_000_000_000, 9_999, 10_000, -15_000_000_000, 0, -1, i64::MAX.into(), i64::MIN.into()]) as i64,
        conf: pick(&[10_000, 0, 750_000_000, 750_000_001, 750_010_000, 15_000_000_000, 1 << 32, u64::MAX.into()])
            as u64,
        exponent: pick(&[-8, 8, -7, -9, 0, i32::MIN.into(), i32::MAX.into()]) as i32,
        publish_time: pick(&[now, now + 2, now + 3, now - 60, now - 61, 0, -1, i64::MAX.into(), i64::MIN.into()])
            as i64,
        prev_publish_time: NOW - 1,
        ema_price: 14_000_000_000,
        ema_conf: 1,
        ..sample
    }
}

/// One to eight bytes changed, half of them where it matters; sometimes cut, extended, or shifted by a byte.
fn mutated(mut data: Vec<u8>, places: &[usize], numbers: &mut Numbers) -> Vec<u8> {
    let edits = numbers.below(10); // one in ten as it is
    for _ in 0..edits.min(8) {
        let at = if numbers.below(2) == 0 { places[numbers.below(places.len())] } else { numbers.below(data.len()) };
        data[at] = if numbers.below(2) == 0 { numbers.below(4) as u8 } else { numbers.below(256) as u8 };
    }
    match numbers.below(12) {
        0 => data.truncate(numbers.below(data.len())),
        1 => data.resize(data.len() + numbers.below(64), numbers.below(256) as u8),
        2 => data.insert(places[numbers.below(places.len())], numbers.below(256) as u8),
        3 => drop(data.remove(places[numbers.below(places.len())])),
        4 => data.truncate(data.len() - 1 - numbers.below(4)),
        _ => {}
    }
    data
}

/// The first of `CASES` damaged pull accounts that a reader with a bend judges otherwise than the checks do; and how many gave a price.
fn fuzz_pull(reader: Reader, bend: Bend) -> (Option<usize>, usize) {
    const PLACES: [usize; 12] = [0, 7, 40, 41, 72, 73, 80, 81, 88, 89, 92, 100];
    let valid: Vec<Sample> = samples().collect();
    let (mut numbers, mut prices) = (Numbers::new(1), 0);
    for case in 0..CASES {
        let sample = near_the_limits(valid[case % valid.len()], &mut numbers);
        let clean = pull::account(&sample);
        let data = if numbers.below(3) == 0 { clean } else { mutated(clean, &PLACES, &mut numbers) };
        // Asked for is the feed it is of, what stands in a full update's place, or another.
        let there = data.get(41..73).and_then(|feed| feed.try_into().ok());
        let feed = match numbers.below(4) {
            0 => there.unwrap_or(sample.feed_id),
            1 => [9; 32],
            _ => sample.feed_id,
        };
        let expected = pull::checked(&data, &feed).ok().and_then(checked_gate);
        prices += usize::from(expected.is_some());
        if reader(&data, &feed).map(bend).and_then(gate) != expected {
            return (Some(case), prices);
        }
    }
    (None, prices)
}

/// The same with older accounts; their address is their feed.
fn fuzz_legacy(reader: Reader, bend: Bend) -> (Option<usize>, usize) {
    const PLACES: [usize; 14] = [0, 3, 4, 8, 16, 20, 23, 48, 96, 103, 208, 216, 224, 225];
    let valid: Vec<Sample> = samples().collect();
    let (mut numbers, mut prices) = (Numbers::new(2), 0);
    for case in 0..CASES / 4 {
        let sample = near_the_limits(valid[case % valid.len()], &mut numbers);
        let clean = legacy::account_of(&sample);
        let data = if numbers.below(3) == 0 { clean } else { mutated(clean, &PLACES, &mut numbers) };
        let expected = legacy::checked(&data).ok().and_then(checked_gate);
        prices += usize::from(expected.is_some());
        if reader(&data, &[2; 32]).map(bend).and_then(gate) != expected {
            return (Some(case), prices);
        }
    }
    (None, prices)
}

const fn as_it_is(reading: OraclePrice) -> OraclePrice {
    reading
}

fn right_pull(data: &[u8], feed: &[u8; 32]) -> Option<OraclePrice> {
    read_pull(data, feed).ok()
}

fn right_legacy(data: &[u8], _: &[u8; 32]) -> Option<OraclePrice> {
    read_legacy(data).ok()
}

fn field<const N: usize>(data: &[u8], at: usize) -> Option<[u8; N]> {
    data.get(at..at + N)?.try_into().ok()
}

/// The message of an update behind this offset.
fn message(data: &[u8], at: usize) -> Option<OraclePrice> {
    Some(OraclePrice {
        price: i64::from_le_bytes(field(data, at + 32)?),
        confidence: u64::from_le_bytes(field(data, at + 40)?),
        exponent: i32::from_le_bytes(field(data, at + 48)?),
        publish_time: i64::from_le_bytes(field(data, at + 52)?),
    })
}

/// With the bytes of a full update where `at` says they are wrong.
fn repaired(data: &[u8], feed: &[u8; 32], at: core::ops::Range<usize>, with: &[u8]) -> Option<OraclePrice> {
    let mut data = data.to_vec();
    data.get_mut(at)?.copy_from_slice(with);
    right_pull(&data, feed)
}

const DISCRIMINATOR: [u8; 8] = [0x22, 0xf1, 0x23, 0x63, 0x9d, 0x7e, 0xf4, 0xcd];

/// Mistakes of a reader of pull accounts.
const PULL: [(&str, Reader); 9] = [
    ("partial updates accepted where they are", |data, feed| {
        let at = if field::<1>(data, 40)? == [0] { 42 } else { return right_pull(data, feed) };
        (data.len() >= 134 && data[..8] == DISCRIMINATOR && field(data, at)? == *feed).then(|| message(data, at))?
    }),
    ("offsets fixed, verification level ignored", |data, feed| repaired(data, feed, 40..41, &[1])),
    ("any level but partial is full", |data, feed| match field::<1>(data, 40)? {
        [0] => None,
        _ => repaired(data, feed, 40..41, &[1]),
    }),
    ("discriminator ignored", |data, feed| repaired(data, feed, 0..8, &DISCRIMINATOR)),
    ("feed ignored", |data, feed| repaired(data, feed, 41..73, feed)),
    ("feed compared by its first half", |data, feed| repaired(data, feed, 57..73, &feed[16..])),
    ("length ignored", |data, feed| {
        let mut data = data.to_vec();
        data.resize(data.len().max(134), 0);
        right_pull(&data, feed)
    }),
    ("the average instead of the price", |data, feed| {
        right_pull(data, feed)?;
        Some(OraclePrice { price: i64::from_le_bytes(field(data, 109)?), ..message(data, 41)? })
    }),
    ("the previous publish time", |data, feed| {
        right_pull(data, feed)?;
        Some(OraclePrice { publish_time: i64::from_le_bytes(field(data, 101)?), ..message(data, 41)? })
    }),
];

/// With bytes at an offset as they should be.
fn older_repaired(data: &[u8], at: usize, with: &[u8]) -> Option<OraclePrice> {
    let mut data = data.to_vec();
    data.get_mut(at..at + with.len())?.copy_from_slice(with);
    right_legacy(&data, &[2; 32])
}

/// Mistakes of a reader of older accounts.
const LEGACY: [(&str, Reader); 7] = [
    ("status ignored", |data, _| older_repaired(data, 224, &[1])),
    ("magic ignored", |data, _| older_repaired(data, 0, &0xa1b2_c3d4_u32.to_le_bytes())),
    ("version ignored", |data, _| older_repaired(data, 4, &2_u32.to_le_bytes())),
    ("type ignored", |data, _| older_repaired(data, 8, &3_u32.to_le_bytes())),
    ("length of the head suffices", |data, _| {
        let mut data = data.to_vec();
        if data.len() >= 240 {
            data.resize(data.len().max(3_312), 0);
        }
        right_legacy(&data, &[2; 32])
    }),
    ("the previous price", |data, feed| {
        Some(OraclePrice { price: i64::from_le_bytes(field(data, 184)?), ..right_legacy(data, feed)? })
    }),
    ("the exponent one byte off", |data, feed| {
        Some(OraclePrice { exponent: i32::from_le_bytes(field(data, 21)?), ..right_legacy(data, feed)? })
    }),
];

/// Mistakes between reader and gate, of either kind of account.
const BENT: [(&str, Bend); 7] = [
    ("absolute value of the exponent", |reading| OraclePrice {
        exponent: reading.exponent.checked_abs().map_or(reading.exponent, |size| -size),
        ..reading
    }),
    ("exponent ignored", |reading| OraclePrice { exponent: -8, ..reading }),
    ("future publish time accepted", |reading| OraclePrice { publish_time: reading.publish_time.min(NOW), ..reading }),
    ("age ignored", |reading| OraclePrice { publish_time: reading.publish_time.max(NOW - 60), ..reading }),
    ("confidence ignored", |reading| OraclePrice { confidence: 0, ..reading }),
    ("negative price taken for positive", |reading| OraclePrice { price: reading.price.saturating_abs(), ..reading }),
    ("confidence cut to 32 bits", |reading| OraclePrice {
        confidence: reading.confidence & u64::from(u32::MAX),
        ..reading
    }),
];

#[test]
fn t28_to_t40_no_damaged_account_gives_a_price_that_the_checks_refuse_or_loses_one_that_they_pass() {
    let (found, prices) = fuzz_pull(right_pull, as_it_is);
    assert_eq!(found, None);
    assert!(prices > CASES / 10, "{prices} prices: the fuzz reaches both sides");
    let (found, prices) = fuzz_legacy(right_legacy, as_it_is);
    assert_eq!(found, None);
    assert!(prices > CASES / 4 / 10, "{prices} prices: the fuzz reaches both sides");
}

#[test]
fn every_planted_mistake_is_found() {
    let mut missed = Vec::new();
    let mut note = |name: &str, (found, _): (Option<usize>, usize)| match found {
        Some(case) => println!("{name}: case {case}"),
        None => missed.push(name.to_string()),
    };
    PULL.iter().for_each(|(name, reader)| note(name, fuzz_pull(*reader, as_it_is)));
    LEGACY.iter().for_each(|(name, reader)| note(name, fuzz_legacy(*reader, as_it_is)));
    for (name, bend) in BENT {
        note(name, fuzz_pull(right_pull, bend));
        note(&format!("{name}, older accounts"), fuzz_legacy(right_legacy, bend));
    }
    assert!(missed.is_empty(), "not found in {CASES} cases: {missed:#?}");
}

#[test]
fn refusals_of_the_reader_are_the_errors_of_the_checks() {
    let valid: Vec<Sample> = samples().collect();
    let mut numbers = Numbers::new(3);
    let mut causes = std::collections::BTreeMap::new();
    for case in 0..CASES / 4 {
        let sample = near_the_limits(valid[case % valid.len()], &mut numbers);
        let data = mutated(pull::account(&sample), &[0, 7, 40, 41, 72, 132], &mut numbers);
        let read = read_pull(&data, &sample.feed_id);
        assert_eq!(read, pull::checked(&data, &sample.feed_id).map_err(Into::into));
        let cause = match read {
            Ok(_) => "a price",
            Err(error) if error == FirebreakError::PriceNotFullyVerified.into() => "not fully verified",
            Err(error) if error == FirebreakError::PriceFeedMismatch.into() => "another feed",
            Err(_) => "malformed",
        };
        *causes.entry(cause).or_insert(0) += 1;
    }
    assert!(causes.len() == 4 && causes.values().all(|count| *count > 100), "{causes:?}");
}
