//! `firebreak offer`.

use firebreak_client::{addresses, decode, firebreak::state::Offer};

use crate::harness::{Net, Person, SOL, atoms};

fn offer(person: &Person<'_>) -> Option<Offer> {
    let found = person.net.bytes(&[addresses::offer(&person.account(0), SOL)]);
    found[0].as_ref().map(|data| decode(data).unwrap())
}

pub fn cases(net: &Net) {
    let maker = net.person("offerer", 1_000);
    maker.bad("offer place SOL --bid 1 --spread-bps 100", 4, "there is no margin account");
    maker.good("account create");
    maker.good("account deposit 1000");
    refusals(&maker);

    maker.tried("offer place SOL --bid 1.5 --ask 200lots --bid-spread-bps 900 --ask-spread-bps 800");
    maker.good("offer place SOL --bid 1.5 --ask 200lots --bid-spread-bps 900 --ask-spread-bps 800 --expires-in 2h");
    let placed = offer(&maker).unwrap();
    assert_eq!((placed.bid_lots, placed.ask_lots, placed.bid_spread_bps, placed.ask_spread_bps), (150, 200, 900, 800));
    let now = net.overview().now;
    assert!(placed.expires_at > now + 7_000 && placed.expires_at <= now + 7_200);
    maker.bad("offer place SOL --bid 1 --spread-bps 100", 1, "has an offer in SOL already");

    let book = maker.json(&format!("offer list SOL --maker {}", maker.account(0)));
    assert_eq!(atoms(&book["bids"][0]["price"]), 1_500_000 * 91 / 100);
    assert_eq!(atoms(&book["asks"][0]["price"]), 1_500_000 * 108 / 100);
    assert_eq!((atoms(&book["bids"][0]["size"]), atoms(&book["asks"][0]["size"])), (150, 200));
    let printed = net.good("offer list SOL");
    let row =
        |price: &str| printed.lines().position(|line| line.contains(price)).unwrap_or_else(|| panic!("{printed}"));
    assert!(row("162.0000") < row("150.0000") && row("150.0000") < row("136.5000"), "asks, mark, bids: {printed}");
    let all = maker.json("offer list sol");
    for (side, is_better) in [("asks", i128::le as fn(&i128, &i128) -> bool), ("bids", i128::ge)] {
        let prices: Vec<i128> = all[side].as_array().unwrap().iter().map(|quote| atoms(&quote["price"])).collect();
        assert!(prices.len() >= 3 && prices.windows(2).all(|pair| is_better(&pair[0], &pair[1])), "{side}: {prices:?}");
    }
    net.bad("offer list DOGE", 4, "there is no market DOGE");
    net.bad("offer list SOL --maker x", 2, "invalid value");

    maker.bad("offer update BTC --bid 1", 4, "has no offer in BTC");
    maker.bad("offer update SOL --bid 0 --ask 0", 2, "cancel it instead");
    maker.bad("offer update SOL --spread-bps 10000", 2, "is no quote");
    maker.good("offer update SOL --ask 3 --spread-bps 700");
    let updated = offer(&maker).unwrap();
    assert_eq!((updated.bid_lots, updated.ask_lots, updated.bid_spread_bps), (150, 300, 700));
    assert_eq!((updated.ask_spread_bps, updated.expires_at), (700, placed.expires_at));

    let other = net.person("other-maker", 1);
    other.bad(&format!("offer cancel SOL --account {}", maker.account(0)), 1, "SignerNotAllowed");
    other.bad("offer cancel SOL", 4, "has no offer in SOL");
    maker.bad("account close", 1, "AccountNotEmpty");
    maker.good("offer cancel SOL");
    assert_eq!(offer(&maker), None);
}

fn refusals(maker: &Person<'_>) {
    maker.bad("offer place SOL --spread-bps 100", 2, "neither buys nor sells");
    maker.bad("offer place SOL --bid 1", 2, "say how far from the mark it buys");
    maker.bad("offer place SOL --ask 1 --bid-spread-bps 5", 2, "say how far from the mark it sells");
    maker.bad("offer place SOL --bid 1.001 --spread-bps 5", 2, "a lot is 0.01 SOL");
    maker.bad("offer place SOL --bid -1 --spread-bps 5", 2, "-1 is negative");
    maker.bad("offer place SOL --bid 3000000 --spread-bps 5", 2, "is the largest position");
    maker.bad("offer place SOL --bid 1 --spread-bps 5 --ask-spread-bps 5", 2, "cannot be used with");
    maker.bad("offer place SOL --bid 1 --spread-bps 5 --expires-in 5w", 2, "is no length of time");
    maker.bad("offer place DOGE --bid 1 --spread-bps 5", 4, "there is no market DOGE");
}
