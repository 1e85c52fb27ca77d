//! `firebreak decode`.

use firebreak_client::errors;

use crate::harness::{Net, program};

pub fn cases(net: &Net) {
    for error in errors::all() {
        let by_code = net.good(&format!("decode error {}", error.code));
        assert!(by_code.contains(&error.name) && by_code.contains(&error.sentence), "{by_code}");
        if error.code % 25 == 0 {
            assert_eq!(net.good(&format!("decode error {:#x}", error.code)), by_code);
            assert_eq!(net.good(&format!("decode error {}", error.name.to_lowercase())), by_code);
        }
    }
    net.bad("decode error 5999", 4, "its codes are 6000 to");
    net.bad("decode error Nonsense", 4, "the program has no error Nonsense");

    let market = net.good(&format!("decode account {}", net.at().market(0)));
    assert!(market.contains("Market") && market.contains("long_open_interest"), "{market}");
    let document: serde_json::Value =
        serde_json::from_str(&net.good(&format!("decode account {} --json", net.at().insurance_fund))).unwrap();
    assert_eq!(
        (&document["kind"], &document["fields"]["clearinghouse"]),
        (&"InsuranceFund".into(), &net.at().clearinghouse.to_string().into())
    );
    net.bad(&format!("decode account {}", program()), 1, "is none of the program's");
    net.bad("decode account 11111111111111111111111111111112", 4, "there is no account");
    net.bad("decode account x", 2, "invalid value");

    let person = net.person("decoder", 10);
    person.good("account create");
    let signature = person.json("account deposit 5")["signature"].as_str().unwrap().to_owned();
    let told = net.good(&format!("decode transaction {signature}"));
    assert!(told.contains("Deposited 5.00 USDC"), "{told}");
    net.bad("decode transaction abc", 2, "invalid value");
    net.bad(&format!("decode transaction {}", "1".repeat(64)), 4, "the network knows no transaction");
}
