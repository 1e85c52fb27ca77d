//! `firebreak account`.

use crate::harness::{DOLLAR, Net, SOL, USDC, WSOL, atoms};

pub fn cases(net: &Net) {
    opening(net);
    money(net);
    collateral(net);
    numbers(net);
    delegates(net);
}

fn opening(net: &Net) {
    let alice = net.person("opening", 100);
    alice.bad("account show", 4, "there is no margin account");
    alice.bad("account create --slots 5", 2, "choose 4, 8 or 16");
    alice.bad("account create --isolated DOGE", 4, "there is SOL (0), BTC (1), ETH (2)");
    alice.tried("account create");
    let told = alice.good("account create --slots 4");
    assert!(told.contains(&alice.account(0).to_string()), "{told}");
    assert!(told.contains("sub 0, cross, 4 positions"), "{told}");
    alice.bad("account create", 1, "exists already");
    alice.good("account create --sub 1 --isolated BTC");
    assert_eq!((alice.view(0).slots.len(), alice.view(1).header.isolated_market), (4, 1));

    alice.bad("account grow --slots 4", 2, "has 4 position slots");
    alice.bad("account grow --slots 12", 2, "it can grow to 8 or 16");
    alice.bad("account grow --slots 16 --sub 2", 4, "there is no margin account");
    alice.good("account grow --slots 16");
    assert_eq!(alice.view(0).slots.len(), 16);

    let list = alice.good("account list");
    assert!(list.contains(&alice.account(0).to_string()) && list.contains("only BTC"), "{list}");
    let list = alice.json("account list");
    assert_eq!(list["accounts"].as_array().unwrap().len(), 2);
    assert_eq!(alice.json("account list --all")["accounts"].as_array().map(|all| all.len() >= 7), Some(true));
    alice.bad("account list --owner nobody", 2, "invalid value 'nobody'");
    net.bad("account list", 2, "no key could be read");

    let bob = net.person("closing", 1);
    bob.bad(&format!("account close --account {}", alice.account(1)), 1, "SignerNotAllowed");
    alice.good("account close --sub 1");
    alice.bad("account close --sub 1", 4, "there is no margin account");
    assert_eq!(net.accounts(Some(&alice.address)).len(), 1);
}

fn money(net: &Net) {
    let alice = net.person("money", 1_000);
    alice.bad("account deposit 5", 4, "there is no margin account");
    alice.good("account create");
    let told = alice.tried("account deposit 100.5");
    assert_eq!((&told["signature"], &told["events"][0]["event"]), (&serde_json::Value::Null, &"Deposited".into()));
    let told = alice.good("account deposit 100.5");
    assert!(told.contains("Deposited 100.50 USDC; the account now holds 100.50 USDC"), "{told}");
    assert!(told.contains("signature") && told.contains("compute units") && told.contains("0.000005 SOL"), "{told}");
    assert_eq!(alice.view(0).header.cash, 100_500_000);
    let told = alice.json("account deposit 0.000001 --unit-price 1000");
    assert_eq!(told["events"][0]["fields"]["balance"], "100500001");
    assert!(told["fee_lamports"].as_u64().unwrap() > 5_000, "a priority fee was paid: {told}");

    for (typed, because) in [
        ("0", "0 is not enough"),
        ("-5", "-5 is negative"),
        ("0.0000001", "has 7 decimals, at most 6 are possible"),
        ("1,5", "is no number"),
        ("1e3", "is no number"),
        ("99999999999999999999", "is too large"),
    ] {
        alice.bad(&format!("account deposit {typed}"), 2, because);
    }
    alice.bad("account deposit 5000", 1, "holds 899.499999 USDC, less than 5,000.00");
    alice.bad("account deposit 5 --bank DOGE", 4, "there is no bank DOGE: there is USDC (0), wSOL (1)");
    alice.bad(&format!("account deposit 5 --from {}", alice.address), 2, "is no token account");

    alice.bad("account withdraw 100.500002", 1, "holds 100.500001 USDC: less than 100.500002");
    alice.bad("account withdraw -1", 2, "is negative");
    alice.bad("account withdraw all --bank wSOL", 1, "there is nothing to withdraw");
    let stranger = net.person("stranger", 1);
    stranger.bad(&format!("account withdraw 1 --account {}", alice.account(0)), 1, "SignerNotAllowed");
    alice.tried("account withdraw all");
    alice.good("account withdraw 0.500001");
    let before = alice.tokens(USDC);
    alice.good("account withdraw all");
    assert_eq!((alice.view(0).header.cash, alice.tokens(USDC) - before), (0, 100 * DOLLAR));
    alice.good("account close");
}

fn collateral(net: &Net) {
    let alice = net.person("collateral", 10);
    net.localnet.faucet(alice.address, 5_000_000_000, WSOL).unwrap();
    alice.good("account create");
    let told = alice.good("account deposit 2.5 --bank wSOL");
    assert!(told.contains("Deposited 2.50 wSOL"), "{told}");
    alice.bad("account deposit 0.0000000001 --bank wSOL", 2, "at most 9 are possible");
    let shown = alice.json("account show");
    let pledged = &shown["collateral"][0];
    assert_eq!((atoms(&pledged["amount"]), &pledged["symbol"]), (2_500_000_000, &"wSOL".into()));
    assert_eq!(atoms(&pledged["value"]), 375 * i128::from(DOLLAR));
    assert_eq!(atoms(&pledged["value"]) - atoms(&pledged["haircut"]), atoms(&pledged["counted"]));
    assert_eq!(atoms(&shown["equity"]), atoms(&pledged["counted"]));
    alice.good("account withdraw all --bank 1");
    assert_eq!(alice.tokens(WSOL), 5_000_000_000);
}

/// What is shown is what the chain has, and what the program makes of it.
fn numbers(net: &Net) {
    let alice = net.person("numbers", 5_000);
    alice.good("account create --slots 4");
    alice.good("account deposit 5000");
    alice.good("trade buy SOL 100");
    alice.good("trade sell BTC 0.05");
    let printed = alice.good("account show");
    let shown = alice.json("account show");
    let (view, overview) = (alice.view(0), net.overview());
    let (report, holdings) = view.report(&overview.board).unwrap();

    let is = |path: &str, value: i128| assert_eq!(atoms(&shown[path]), value, "{path}");
    is("cash", view.header.cash.into());
    is("equity", report.equity.into());
    is("initial_margin", report.initial_margin.into());
    is("free_collateral", report.free_collateral.into());
    is("free_of_maintenance", report.free_of_maintenance.into());
    assert_eq!(atoms(&shown["requirement"]["total"]), i128::from(report.maintenance_margin));
    assert_eq!(shown["is_liquidatable"], false);
    assert_eq!(shown["positions"].as_array().unwrap().len(), 2);
    for (position, (asset, holding)) in shown["positions"].as_array().unwrap().iter().zip(&holdings) {
        assert_eq!(position["market"], *asset);
        let liquidation = holding.liquidation_price.map(i128::from);
        assert_eq!(
            position["liquidation_price"].as_object().map(|_| atoms(&position["liquidation_price"])),
            liquidation
        );
        assert_eq!(position["distance_bps"].as_u64(), holding.distance_bps);
        assert_eq!(atoms(&position["pnl"]), i128::from(holding.pnl));
        assert_eq!(atoms(&position["size"]), i128::from(view.position(*asset).unwrap().size.abs()));
    }
    // The table says the same.
    let price = shown["positions"][0]["liquidation_price"]["human"].as_str().unwrap();
    assert!(printed.contains(price), "{price} in {printed}");
    for part in ["cash, senior", "waiting profit, junior", "price shock", "offset of hedges", "long", "short"] {
        assert!(printed.contains(part), "{part} in {printed}");
    }

    alice.bad("account show --owner 1", 2, "invalid value");
    alice.bad(&format!("account show --account {}", net.at().board), 4, "is no margin account");
    alice.bad("account show --clearinghouse 99", 4, "root of clearinghouse");
    alice.bad("account withdraw 4900", 1, "free collateral");
    alice.bad("account settle --market ETH", 4, "no position in ETH");
    alice.bad("account settle --market SOL", 1, "NothingToSettle");
    alice.bad("account close", 1, "AccountNotEmpty");

    // A gain that the pool can pay becomes cash: the crowd's losers have paid in.
    let cash = view.header.cash;
    alice.good("trade sell SOL 100");
    let told = alice.run("account settle --market SOL");
    assert!(
        told.code == 0 || told.stderr.contains("NothingToSettle") || told.stderr.contains("no position"),
        "{told:?}"
    );
    assert!(alice.view(0).header.cash <= cash + 100 * DOLLAR);
    assert!(alice.view(0).position(SOL).is_none_or(|position| position.size == 0));
}

fn delegates(net: &Net) {
    let (owner, trader) = (net.person("owner", 1_000), net.person("trader", 1));
    owner.good("account create");
    owner.good("account deposit 1000");
    let account = owner.account(0);
    trader.bad(&format!("trade buy SOL 1 --account {account}"), 1, "SignerNotAllowed");
    owner.bad(&format!("account delegate {}", owner.address), 1, "DelegateInvalid");
    owner.bad("account delegate", 2, "required");
    let told = owner.good(&format!("account delegate {}", trader.address));
    assert!(told.contains(&format!("{} may trade for {account}", trader.address)), "{told}");
    trader.good(&format!("trade buy SOL 1 --account {account}"));
    trader.bad(&format!("account withdraw 1 --account {account}"), 1, "SignerNotAllowed");
    assert_eq!(owner.view(0).position(SOL).unwrap().size, 100);
    owner.good("account delegate --remove");
    trader.bad(&format!("trade sell SOL 1 --account {account}"), 1, "SignerNotAllowed");
}
