//! Listing after sealing: by proposals of what a file says.

use std::path::Path;

use crate::commands::{Net, scratch};

const TWO_DAYS: u32 = 48 * 3_600;

fn project_s(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(name);
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn an_asset_its_market_and_a_bank_are_listed_by_proposals() {
    let net = Net::start();
    let folder = scratch("listing");
    let jup = project_s("04-list-sol.toml").replace("index = 0", "index = 3").replace("\"SOL\"", "\"JUP\"");
    let jup = jup.replace("feed = \"534f4c", "feed = \"4a5550").replace("lot_exponent = -2", "lot_exponent = 0");
    let bank = project_s("07-bank-wsol.toml").replace("index = 1", "index = 2").replace("asset = 0", "asset = 2");
    let bank = bank.replace("deposit_cap = 1_000_000_000_000_000", "deposit_cap = 1_000_000_000_000");
    let files = [("jup.toml", &jup), ("weth.toml", &bank)].map(|(name, text)| {
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    });
    let propose = |file: &str| net.done(&["admin", "propose", "listing", file, "--yes"]);
    let asset = propose(&files[0]);
    assert_eq!(
        (asset["about"].as_str(), asset["direction"].as_str()),
        (Some("listing of the asset JUP"), Some("loosens"))
    );
    assert_eq!(propose(&files[1])["about"], "listing of the bank 2");
    net.fails(1, "ProposalTooEarly", &["admin", "execute", "0", "--yes"]);
    net.net.advance(TWO_DAYS).unwrap();
    net.done(&["admin", "execute", "0", "--yes"]);
    assert_eq!(net.snapshot().board.rows.len(), 4);
    net.done(&["admin", "execute", "1", "--yes"]);
    assert!(net.snapshot().banks.contains_key(&2));

    // The asset is there: the same file asks for its market now.
    assert_eq!(propose(&files[0])["about"], "listing of the market JUP");
    net.net.advance(TWO_DAYS).unwrap();
    net.done(&["admin", "execute", "2", "--yes"]);
    assert!(net.snapshot().markets.contains_key(&3));
    net.fails(1, "are listed already", &["admin", "propose", "listing", &files[0], "--yes"]);
    net.fails(1, "bank 2 is listed already", &["admin", "propose", "listing", &files[1], "--yes"]);

    let gap = folder.join("gap.toml");
    std::fs::write(&gap, jup.replace("index = 3", "index = 9")).unwrap();
    net.fails(2, "the next one is 4", &["admin", "propose", "listing", &gap.display().to_string(), "--yes"]);
    std::fs::write(&gap, "step = \"seal\"\n").unwrap();
    net.fails(2, "lists nothing", &["admin", "propose", "listing", &gap.display().to_string(), "--yes"]);
    net.fails(2, "cannot read", &["admin", "propose", "listing", "/no/such.toml", "--yes"]);
}
