//! `firebreak market`, and what concerns every command: options, networks that are not there, JSON.

use crate::harness::{Net, atoms};

pub fn cases(net: &Net) {
    lists(net);
    global_options(net);
}

fn lists(net: &Net) {
    let printed = net.good("market list");
    let listed: serde_json::Value = serde_json::from_str(&net.good("market list --json")).unwrap();
    let overview = net.overview();
    let markets = listed["markets"].as_array().unwrap();
    assert_eq!(markets.len(), overview.markets.len());
    for (market, (index, chain)) in markets.iter().zip(&overview.markets) {
        let row = &overview.board.rows[usize::from(*index)];
        assert_eq!(market["index"], *index);
        assert_eq!(atoms(&market["mark"]), i128::from(row.mark));
        assert_eq!(atoms(&market["tranche_target"]), i128::from(chain.tranche_target));
        assert_eq!(market["initial_margin_bps"], row.initial_ratio_bps);
        assert_eq!(market["breaker"]["level"], 0);
        assert_eq!(market["quality"], "fresh");
        for human in [market["symbol"].as_str().unwrap(), "Normal", "fresh"] {
            assert!(printed.contains(human), "{human} in {printed}");
        }
    }
    assert!(printed.contains("150.0000") && printed.contains("120,000.0"), "{printed}");
    // Points under points.
    let columns: Vec<usize> = printed.lines().filter_map(|line| line.find("fresh")).collect();
    assert!(columns.len() == 3 && columns.iter().all(|column| *column == columns[0]), "{printed}");
    net.bad("market list --clearinghouse 7", 4, "is the id right");

    let shown: serde_json::Value = serde_json::from_str(&net.good("market show SOL --json")).unwrap();
    assert_eq!(shown["address"], net.at().market(0).to_string());
    assert_eq!(shown["mark"]["human"], "150.0000");
    let printed = net.good("market show 0");
    for part in ["Market SOL (0)", "150.0000 USDC", "10.00 %", "risk may be added", "Normal"] {
        assert!(printed.contains(part), "{part} in {printed}");
    }
    net.bad("market show DOGE", 4, "there is no market DOGE: there is SOL (0), BTC (1), ETH (2)");
    net.bad("market show 3", 4, "there is no market 3");
}

fn global_options(net: &Net) {
    // Nothing listens on port 1.
    net.bad("market list --url http://127.0.0.1:1", 3, "the network did not answer");
    net.bad("market list --url ftp://127.0.0.1", 2, "it must begin with http:// or https://");
    net.bad("market list --timeout 0", 2, "invalid value '0'");
    net.bad("market list --names no-such-file.json", 2, "no names can be read");
    net.bad("market list --clearinghouse one", 2, "invalid value 'one'");
    net.bad("market", 2, "requires a subcommand");
    net.bad("markets", 2, "unrecognized subcommand");
    let help = net.good("--help");
    assert!(help.contains("Exit codes:") && help.contains("did not answer"), "{help}");
    assert!(net.good("--version").starts_with("firebreak "));
    // An option beats its environment variable.
    let ran = net.run("market list --url http://127.0.0.1:1");
    assert_eq!(ran.code, 3);

    let script = net.good("completions bash");
    assert!(script.contains("firebreak") && script.contains("deposit"), "completions know the commands");
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        assert!(net.good(&format!("completions {shell}")).contains("firebreak"));
    }
    net.bad("completions tcsh", 2, "invalid value 'tcsh'");
}
