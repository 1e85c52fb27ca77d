//! `firebreak admin`, `localnet` and `replay` as every command is tried here: one good and one bad line each. What they do in full is tested
//! in `tests/local`.

use firebreak_client::Overview;

use crate::harness::Net;

/// Whatever is in force.
fn in_force(overview: &Overview) -> (u64, u32) {
    (overview.clearinghouse.proposal_count, overview.markets[&2].taker_fee_bps)
}

pub fn cases(net: &Net) {
    let keys = &net.localnet.manifest.keys;
    let (authority, guardian) = (net.known(&keys.authority), net.known(&keys.guardian));
    let somebody = net.person("somebody", 1);
    exports(net);

    authority.good("admin show");
    authority.good("admin show market SOL");
    net.bad("admin show market DOGE", 4, "there is no asset DOGE");
    let made = authority.json("admin propose market ETH taker_fee_bps=6 --yes");
    let id = made["id"].as_u64().unwrap();
    assert!(authority.good("admin proposals").contains("taker_fee_bps"));
    net.bad("admin proposals --id 99", 4, "there is no proposal 99");
    authority.bad(&format!("admin execute {id} --yes"), 1, "ProposalTooEarly");
    somebody.bad(&format!("admin veto {id} --yes"), 2, "is not the guardian or authority");
    guardian.good(&format!("admin veto {id} --yes"));
    authority.bad(&format!("admin execute {id} --yes"), 1, "ProposalClosed");
    somebody.bad("admin trip SOL halted --yes", 2, "is not the guardian or authority");
    authority.bad("admin seal --yes", 1, "Sealed");
    authority.good("admin migrate --dry-run");
    authority.bad("admin migrate --to 77", 2, "there is no step 77");

    net.bad("localnet --speed 5", 2, "--replay");
    net.bad("replay --seed first", 2, "invalid value 'first'");
}

/// An export for a multisig proposes nothing by itself.
fn exports(net: &Net) {
    let authority = net.known(&net.localnet.manifest.keys.authority);
    let key = net.person("successor", 1).address;
    let listing = net.dir.join("listing.toml");
    std::fs::write(&listing, "step = \"list\"\n").unwrap();
    let before = in_force(&net.overview());
    for line in [
        authority.good("admin propose asset SOL initial_ratio_bps=1100 --export"),
        authority.good("admin propose market ETH taker_fee_bps=6 --export"),
        authority.good("admin propose bank quote small_exit=1200000000 --export"),
        authority.good("admin propose fund cooldown_seconds=1300000 --export"),
        authority.good("admin propose delay 200000 --export"),
        authority.good(&format!("admin propose authority {key} --export")),
        authority.good(&format!("admin propose guardian {key} --export")),
        authority.good(&format!("admin propose price-programs --receiver {key} --export")),
    ] {
        assert!(line.contains("base58") && line.contains("base64"), "{line}");
    }
    authority.bad("admin propose asset DOGE initial_ratio_bps=1100 --yes", 4, "there is no asset DOGE");
    authority.bad("admin propose market ETH taker_fee_bps=x --yes", 2, "must be a whole number");
    authority.bad("admin propose bank DOGE small_exit=5 --yes", 4, "there is no bank DOGE");
    authority.bad("admin propose fund nonsense=5 --yes", 2, "nonsense is no parameter");
    authority.bad("admin propose delay 100 --yes", 1, "DelayNotRaised");
    authority.bad("admin propose authority me --yes", 2, "invalid value 'me'");
    authority.bad("admin propose guardian me --yes", 2, "invalid value 'me'");
    authority.bad("admin propose price-programs --receiver me --yes", 2, "invalid value 'me'");
    authority.bad("admin propose reset DOGE --yes", 4, "there is no asset DOGE");
    authority.bad(&format!("admin propose listing {} --yes", listing.display()), 2, "");
    assert_eq!(in_force(&net.overview()), before, "nothing was proposed");
}
