//! `firebreak insurance`.

use crate::harness::{DOLLAR, Net, USDC, atoms};

pub fn cases(net: &Net) {
    let staker = net.person("staker", 1_000);
    let shown = staker.json("insurance show");
    assert_eq!(shown["stake"], serde_json::Value::Null);
    assert_eq!(shown["tranches"].as_array().unwrap().len(), 3);
    net.good("insurance show");
    net.bad("insurance show --staker x", 2, "invalid value");

    staker.bad("insurance request-unstake all", 4, "has no shares of the fund");
    staker.bad("insurance unstake", 4, "has no shares of the fund");
    for (amount, code, because) in [
        ("0", 2, "0 is not enough"),
        ("-1", 2, "is negative"),
        ("0.0000001", 2, "at most 6"),
        ("1001", 1, "holds 1,000.00 USDC"),
    ] {
        staker.bad(&format!("insurance stake {amount}"), code, because);
    }
    staker.tried("insurance stake 100");
    let told = staker.good("insurance stake 100");
    assert!(told.contains("Staked ") && told.contains(" shares"), "{told}");
    let shown = staker.json(&format!("insurance show --staker {}", staker.address));
    let shares = atoms(&shown["stake"]["shares"]);
    let worth = atoms(&shown["stake"]["worth"]);
    assert!(shares > 0 && (worth - 100 * i128::from(DOLLAR)).abs() <= 1_000, "{shown}");
    let fund = net.overview().fund;
    assert!(atoms(&shown["shares"]) <= i128::from(fund.shares));

    staker.bad("insurance unstake", 1, "no shares have asked to leave");
    staker.bad("insurance request-unstake 1000000", 1, "less than 1,000,000.00");
    staker.bad("insurance request-unstake 0", 2, "0 is not enough");
    staker.bad("insurance request-unstake", 2, "required");
    staker.bad("insurance request-unstake --cancel", 1, "nothing to take back");
    staker.tried("insurance request-unstake 10");
    let told = staker.good("insurance request-unstake 10");
    assert!(told.contains("10.00 shares, worth") && told.contains("may leave from"), "{told}");
    staker.bad("insurance unstake", 1, "the exit opens at");
    let printed = staker.good("insurance show");
    assert!(printed.contains("10.00 shares for at most"), "{printed}");
    staker.good("insurance request-unstake --cancel");
    assert_eq!(staker.json("insurance show")["stake"]["leaving"], serde_json::Value::Null);

    staker.bad("insurance fund-tranche SOL 0", 2, "0 is not enough");
    staker.bad("insurance fund-tranche DOGE 5", 4, "there is no market DOGE");
    staker.bad("insurance fund-tranche SOL 901", 1, "holds 900.00");
    let before = staker.tokens(USDC);
    let told = staker.good("insurance fund-tranche SOL 25.5");
    assert!(told.contains("Gave 25.50 USDC to the tranche of SOL"), "{told}");
    assert_eq!(before - staker.tokens(USDC), 25_500_000);

    let told = staker.good("insurance sweep");
    for market in ["Swept SOL", "Swept BTC", "Swept ETH"] {
        assert!(told.contains(market), "{market} in {told}");
    }
    staker.good("insurance sweep ETH");
    staker.bad("insurance sweep DOGE", 4, "there is no market DOGE");
    net.bad("insurance sweep", 2, "no key could be read");
}
