//! `firebreak board`.

use crate::harness::{Net, atoms};

pub fn cases(net: &Net) {
    let frame = net.good("board --once");
    for part in
        ["firebreak", "Markets, in USDC", "SOL", "150.0000", "Normal", "Nearest to liquidation", "Insurance", "Events"]
    {
        assert!(frame.contains(part), "{part} in\n{frame}");
    }
    let wide = net.good("board --once --width 100 --height 24");
    assert!((16..=24).contains(&wide.lines().count()), "{wide}");
    assert!(wide.lines().all(|line| line.chars().count() <= 100), "{wide}");

    // However narrow: what is not left out is not cut.
    for width in [70, 75, 80, 90, 120, 160] {
        let frame = net.good(&format!("board --once --width {width}"));
        for whole in [" 150.0000 ", " 120,000.0 ", " 4,000.000 ", "Normal"] {
            assert!(frame.contains(whole), "{whole} at {width} in\n{frame}");
        }
    }

    let view: serde_json::Value = serde_json::from_str(&net.good("board --once --json")).unwrap();
    let overview = net.overview();
    assert_eq!(view["markets"].as_array().unwrap().len(), 3);
    assert_eq!(atoms(&view["markets"][1]["mark"]), i128::from(overview.board.rows[1].mark));
    let distances: Vec<u64> = view["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| account["distance_bps"].as_u64().unwrap_or(u64::MAX))
        .collect();
    assert!(!distances.is_empty() && distances.is_sorted(), "the nearest first: {distances:?}");
    assert!(view["slot"].as_u64().unwrap() > 0);

    let ran = net.run("board");
    assert!(ran.code == 2 && ran.stderr.contains("print one frame with --once"), "{ran:?}");
    net.bad("board --once --width 10", 2, "invalid value '10'");
    net.bad("board --once --url http://127.0.0.1:1", 3, "the network did not answer");
}
