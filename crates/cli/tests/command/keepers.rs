//! `firebreak keeper`: that the command reaches the bot. What the bot does is tested beside it.

use crate::harness::Net;

pub fn cases(net: &Net) {
    let keeper = net.person("keeper", 1_000);
    keeper.good("keeper --dry-run --seconds 5");
    let document = keeper.json("keeper --dry-run --seconds 5");
    assert!(document["passes"].as_u64().unwrap() > 0 && document["accounts"].as_u64().unwrap() > 0, "{document}");
    keeper.bad("keeper --shard 3/2 --seconds 1", 2, "shard");
    keeper.bad("keeper --config no-such.toml", 2, "no-such.toml");
    net.bad("keeper --seconds 1", 2, "no-such-key.json");
}
