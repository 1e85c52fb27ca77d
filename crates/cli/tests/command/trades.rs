//! `firebreak trade`.

use crate::harness::{Net, SOL, atoms};

pub fn cases(net: &Net) {
    across_makers(net);
    refusals(net);
}

/// What was promised is what happened, to the atom.
fn across_makers(net: &Net) {
    let taker = net.person("taker", 20_000);
    taker.good("account create");
    taker.good("account deposit 20000");
    let book = taker.json("offer list ETH");
    let best = &book["asks"][0];
    let tried = taker.tried("trade buy ETH 2.5");
    assert_eq!(atoms(&tried["filled"]), 2_500);
    let done = taker.json("trade buy ETH 2.5");
    for figure in ["filled", "unfilled", "cost", "fee"] {
        assert_eq!(tried[figure], done[figure], "{figure}");
    }
    for figure in ["cash", "equity", "initial_margin", "maintenance_margin", "position", "liquidation_price"] {
        assert_eq!(tried["after"][figure], done["after"][figure], "{figure} after");
    }
    assert_eq!(done["fills"][0]["maker"], best["maker"]);
    let view = taker.view(0);
    assert_eq!(atoms(&done["after"]["cash"]), i128::from(view.header.cash));
    assert_eq!(atoms(&done["after"]["position"]), 2_500);
    assert_eq!(atoms(&done["cost"]), 2_500 * atoms(&best["price"]));
    // Equity falls by the fee and the spread, and by nothing else.
    let mark = i128::from(net.overview().board.rows[2].mark);
    let lost = atoms(&done["before"]["equity"]) - atoms(&done["after"]["equity"]);
    assert_eq!(lost, atoms(&done["fee"]) + atoms(&done["cost"]) - 2_500 * mark);

    let printed = taker.good("trade sell ETH 2500lots");
    for part in ["Sold 2.500 ETH at", "before", "after", "equity", "liquidation price", "signature"] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    assert!(taker.view(0).position(2).is_none_or(|position| position.size == 0));
}

/// More makers than one transaction takes. Nobody else may take the offers meanwhile.
pub fn many_makers(net: &Net) {
    let makers: Vec<_> = (0..7).map(|number| net.person(&format!("maker-{number}"), 500)).collect();
    for maker in &makers {
        maker.good("account create --slots 4");
        maker.good("account deposit 500");
        maker.good("offer place SOL --ask 1 --spread-bps 1");
    }
    let taker = net.person("many", 5_000);
    taker.good("account create");
    taker.good("account deposit 5000");
    let best = atoms(&taker.json("offer list SOL")["asks"][0]["price"]);
    assert_eq!(best, 1_500_150);
    let done = taker.json("trade buy SOL 7 --limit 150.015");
    assert_eq!((atoms(&done["filled"]), atoms(&done["unfilled"])), (700, 0));
    assert_eq!(done["fills"].as_array().unwrap().len(), 7);
    assert_eq!(done["transactions"].as_array().unwrap().len(), 2, "five offers fit one transaction");
    assert_eq!(taker.view(0).position(SOL).unwrap().size, 700);

    // A maker who cannot fill is passed over, and the taker is told so.
    let poor = net.person("poor", 1);
    poor.good("account create --slots 4");
    poor.good("offer place SOL --ask 1 --spread-bps 0");
    taker.bad("trade buy SOL 1 --limit 150", 1, "of 1 offers at 150.0000 or better none can be taken");
    let done = taker.json("trade buy SOL 1");
    assert_eq!((atoms(&done["filled"]), &done["passed_over"]), (100, &1.into()));
    assert_ne!(done["fills"][0]["maker"], poor.account(0).to_string());
    // Own offers are no counterparty.
    taker.good("offer place SOL --ask 1 --spread-bps 0");
    taker.bad("trade buy SOL 1 --limit 150", 1, "of 2 offers");
    taker.good("offer cancel SOL");
    poor.good("offer cancel SOL");
}

fn refusals(net: &Net) {
    let taker = net.person("refused", 1_000);
    taker.bad("trade buy SOL 1", 4, "there is no margin account");
    taker.good("account create --isolated BTC");
    taker.good("account deposit 100");
    taker.bad("trade buy SOL 1", 1, "AccountIsolated");
    taker.bad("trade buy BTC 1", 1, "MarginInsufficient");
    taker.bad("trade buy BTC 1", 1, "equity is 100.00 USDC");
    taker.bad("trade buy BTC 0.001 --limit 119000", 1, "nobody sells BTC at 119,000.0 or better");
    taker.bad("trade sell BTC 0.001 --limit 121000", 1, "nobody buys BTC at 121,000.0 or better");
    for (size, because) in [
        ("0", "0 is not enough"),
        ("-1", "is negative"),
        ("0.000001", "a lot is 0.00001 BTC"),
        ("1.5lots", "lots: 1.5"),
        ("abc", "is no number"),
        ("99999", "is the largest position"),
    ] {
        taker.bad(&format!("trade buy BTC {size}"), 2, because);
        taker.bad(&format!("trade sell BTC {size}"), 2, because);
    }
    taker.bad("trade buy BTC 0.001 --limit 119000.55", 2, "at most 1 are possible");
    taker.bad("trade buy BTC 0.001 --limit 0", 2, "0 is not enough");
    taker.bad("trade sell DOGE 1", 4, "there is no market DOGE");
    taker.bad("trade buy", 2, "required");
    // Enough for a little.
    let done = taker.json("trade sell BTC 0.001");
    assert_eq!(atoms(&done["after"]["position"]), -100);
    assert_eq!(taker.view(0).position(1).unwrap().size, -100);
}
