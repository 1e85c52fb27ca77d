//! docs/coalition.md: what self-dealing over a gap brings, run on the real program. `FIREBREAK_BLESS=1` writes it anew.

use crate::coalition::{Coalition, NARROW, Outcome, Terms, WIDE};
use firebreak_replay::listing::DOLLAR;
use std::{fmt::Write, fs, path::PathBuf};

const GAPS: [i64; 5] = [-5, -10, -20, -40, -70];
const HEAD: &str = "# Self-dealing over a gap

One owner holds 960,000 lots long and 960,000 short (SOL at 1.50 dollars a lot: 1,440,000 dollars on each side) in K pairs of
accounts. Two honest accounts without leverage hold 240,000 lots, long and short, against each other: a fifth of each side. The
price jumps, is confirmed, the owner resolves its bankrupt accounts (`auto_deleverage`, `liquidate`) and everybody settles.

*Narrow* caps: 20,000 dollars per event, 60,000 per window, a tranche of 100,000. *Wide*: a million each. The coalition's net
result counts the cash it put in, after trading fees of 0.05 % on each side. What honest accounts lose is what they are charged: a
part of the gain that the gap gave to their side. In one event a lot bears at most its mark: what is above (-70 %, K = 1), the market's
own position owes, and as much of the claims of those who gained waits: for later fees, and for the tranche within its caps. All
of it in dollars, rounded toward zero; the laws are asserted to the atom:

    drawn       <= events x cap per event,  cap per window,  tranche
    coalition   <= drawn + charged to others + owed by the market         (nobody lost anything to it by trading)

What is written here is checked by `cargo test --workspace --test attacks coalition`, and written anew with `FIREBREAK_BLESS=1` before it.

";

fn dollars(atoms: i128) -> String {
    let dollars = atoms / i128::from(DOLLAR);
    let digits = dollars.unsigned_abs().to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap_or_default()).collect();
    format!("{}{}", if dollars < 0 { "-" } else { "" }, groups.join(","))
}

fn row(table: &mut String, gap: i64, (leverage, pairs): (u64, u64), (caps, terms): (&str, Terms), done: Outcome) {
    let coinsurance = terms.coinsurance_bps / 100;
    let drawn = dollars(i128::from(done.drawn));
    let [charged, owed, coalition, honest] = [-done.honest, done.owed.max(0), done.coalition, done.honest].map(dollars);
    writeln!(
        table,
        "| {gap} % | {leverage} | {pairs} | {caps} | {coinsurance} % | {drawn} | {charged} | {owed} | {coalition} | {honest} |"
    )
    .unwrap();
}

fn table() -> String {
    let mut table = String::from(
        "| gap | leverage | K | caps | co-insurance | drawn from insurance | charged to others | owed by the market | coalition, net | honest accounts |\n\
         |---:|---:|---:|---|---:|---:|---:|---:|---:|---:|\n",
    );
    for (leverage, pairs, caps, terms, coinsurance_bps) in [
        (10, 1, "narrow", NARROW, 0),
        (10, 8, "narrow", NARROW, 0),
        (10, 64, "narrow", NARROW, 0),
        (10, 64, "narrow", NARROW, 2_000),
        (5, 8, "narrow", NARROW, 0),
        (2, 8, "narrow", NARROW, 0),
        (10, 1, "wide", WIDE, 0),
        (10, 64, "wide", WIDE, 0),
        (10, 64, "wide", WIDE, 2_000),
        (5, 8, "wide", WIDE, 2_000),
    ] {
        let terms = Terms { coinsurance_bps, ..terms };
        let mut own = Coalition::new(pairs, leverage, terms);
        let start = own.world.chain.svm.clone();
        for gap in GAPS {
            let mut done = own.play(gap);
            done.coalition -= own.fees;
            row(&mut table, gap, (leverage, pairs), (caps, terms), done);
            own.world.chain.svm = start.clone();
        }
    }
    table
}

#[test]
fn i14_the_table_of_coalitions_in_the_documentation_is_what_the_program_does() {
    let text = format!("{HEAD}{}\n{}", table(), expectation());
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/coalition.md");
    if std::env::var_os("FIREBREAK_BLESS").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    let differs = written.lines().zip(text.lines()).find(|(old, new)| old != new);
    assert!(written == text, "docs/coalition.md is stale (FIREBREAK_BLESS=1 writes it anew), first at {differs:?}");
}

/// Largest gap of the distribution, in percent.
const MOST: i64 = 20;
/// Smaller gaps than this leave both accounts healthy: they cost nothing to one who stays.
const MATTERS: i64 = 5;

/// Each further percent is half as likely, up as down: `2^(MOST - |gap|)` of a sum of weights.
fn weight(gap: i64) -> i128 {
    1 << (MOST - gap)
}

/// What one pair at ten times brings over each gap, and what it is worth to open it before the gap is known.
fn expectation() -> String {
    let mut text = String::from(
        "## What it is worth before the gap is known\n\n\
         One pair at ten times, narrow caps, 20 % co-insurance, opened for each gap. In dollars:\n\n\
         | gap | weight | down: coalition, net | up: coalition, net |\n|---:|---:|---:|---:|\n",
    );
    let terms = Terms { coinsurance_bps: 2_000, ..NARROW };
    let mut own = Coalition::new(1, 10, terms);
    let start = own.world.chain.svm.clone();
    let mut both = Vec::new();
    for gap in 1..=MOST {
        let nets = [-gap, gap].map(|gap| {
            own.world.chain.svm = start.clone();
            own.play(gap).coalition - own.fees
        });
        both.push((gap, nets[0] + nets[1]));
        let [down, up] = nets.map(dollars);
        writeln!(text, "| {gap} % | {} | {down} | {up} |", weight(gap)).unwrap();
    }
    text.push_str(
        "\nEach further percent is half as likely, up as down (weight `2^(20 - |gap|)`). Expected net per gap, exactly, sum of weight x \
         net over sum of weights:\n\n",
    );
    for (least, which) in
        [(1, "all gaps, each paid for"), (MATTERS, "only gaps of 5 % and more: one who stays through the others")]
    {
        let counted = || both.iter().filter(|(gap, _)| *gap >= least);
        let sum: i128 = counted().map(|(gap, net)| weight(*gap) * net).sum();
        let weights: i128 = counted().map(|(gap, _)| 2 * weight(*gap)).sum();
        // I-14: over this distribution, self-dealing loses.
        assert!(sum < 0, "{which}: {sum} over {weights}");
        writeln!(text, "- {which}: {sum} / {weights} atoms = {} dollars", dollars(sum.div_euclid(weights))).unwrap();
    }
    let net = |wanted: i64| both.iter().find(|(gap, _)| *gap == wanted).map_or(0, |(_, net)| *net);
    let tenths = net(20) * 10 / -net(8);
    writeln!(
        text,
        "\nIt depends on the tail: one gap of 20 % brings what {}.{} gaps of 8 % cost. An asset that jumps beyond its initial margin \
         more often than that, compared with jumps that only liquidate, needs a higher margin or lower caps.",
        tenths / 10,
        tenths % 10
    )
    .unwrap();
    text
}
