//! What the program logged, decoded: the bytes of each event behind its discriminator, in base64 on a line of its own.

use anchor_lang::Discriminator;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytemuck::Pod;
use firebreak::event;

/// What marks a line of data among a transaction's logs.
const DATA: &str = "Program data: ";

fn read<E: Pod + Discriminator>(bytes: &[u8]) -> Option<E> {
    let body = bytes.strip_prefix(E::DISCRIMINATOR)?;
    (body.len() == size_of::<E>()).then(|| bytemuck::pod_read_unaligned(body))
}

macro_rules! events {
    ($($name:ident),+ $(,)?) => {
        /// One of the program's events.
        // A proposal's holds 512 bytes of parameters; nobody keeps many of them.
        #[allow(clippy::large_enum_variant)]
        #[derive(Clone, Copy)]
        pub enum Event {
            $($name(event::$name),)+
        }

        impl Event {
            /// Every event's name.
            pub const NAMES: &[&str] = &[$(stringify!($name)),+];

            /// From the bytes of one log entry; `None` where they are another program's or of a later version.
            pub fn decode(bytes: &[u8]) -> Option<Self> {
                None$(.or_else(|| read(bytes).map(Self::$name)))+
            }

            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)+
                }
            }

            /// Discriminator and body, as the program logs them.
            pub fn to_bytes(&self) -> Vec<u8> {
                match self {
                    $(Self::$name(event) => [event::$name::DISCRIMINATOR, bytemuck::bytes_of(event)].concat(),)+
                }
            }
        }
    };
}

events!(
    Deposited,
    Withdrawn,
    TrancheFunded,
    Traded,
    OfferPlaced,
    OfferCancelled,
    Settled,
    Liquidated,
    CollateralLiquidated,
    AutoDeleveraged,
    DeficitReported,
    InsuranceSwept,
    Staked,
    UnstakeRequested,
    Unstaked,
    BreakerTripped,
    BreakerReset,
    Poked,
    MarginAccountCreated,
    MarginAccountClosed,
    DelegateSet,
    FundingUpdated,
    AssetAdded,
    MarketAdded,
    CollateralBankAdded,
    ClearinghouseCreated,
    Proposed,
    ProposalExecuted,
    ProposalVetoed,
    ClearinghouseSealed,
);

impl std::fmt::Debug for Event {
    /// The name: `fields` tells the rest.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The program's events among a transaction's logs, in order. Only what the program itself logged: another program of the same
/// transaction can print the same bytes.
pub fn events(logs: &[String]) -> Vec<Event> {
    let own = crate::PROGRAM_ID.to_string();
    let (mut running, mut found) = (Vec::new(), Vec::new());
    for line in logs {
        if let Some(data) = line.strip_prefix(DATA) {
            if running.last() == Some(&own.as_str()) {
                found.extend(BASE64_STANDARD.decode(data).ok().and_then(|bytes| Event::decode(&bytes)));
            }
            continue;
        }
        let mut words = line.split(' ');
        if words.next() != Some("Program") {
            continue;
        }
        let (Some(program), Some(what)) = (words.next(), words.next()) else { continue };
        // "Program log: success" is what a program says, not what became of it.
        if program.ends_with(':') {
            continue;
        }
        match what {
            "invoke" => running.push(program),
            "success" | "failed:" => drop(running.pop()),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    fn line(event: &Event) -> String {
        format!("{DATA}{}", BASE64_STANDARD.encode(event.to_bytes()))
    }

    #[test]
    fn every_event_of_the_interface_is_known() {
        let idl: serde_json::Value = serde_json::from_str(include_str!("../../../idl/firebreak.json")).unwrap();
        let mut named: Vec<&str> =
            idl["events"].as_array().unwrap().iter().map(|event| event["name"].as_str().unwrap()).collect();
        let mut known = Event::NAMES.to_vec();
        named.sort_unstable();
        known.sort_unstable();
        assert_eq!(named, known);
    }

    #[test]
    fn only_what_the_program_itself_logged_counts() {
        let deposited = Event::Deposited(event::Deposited { amount: 7, ..Zeroable::zeroed() });
        let own = crate::PROGRAM_ID.to_string();
        let logs = |program: &str| {
            vec![
                format!("Program {own} invoke [1]"),
                format!("Program {program} invoke [2]"),
                line(&deposited),
                format!("Program {program} success"),
                format!("Program {own} success"),
            ]
        };
        let found = events(&logs(&own));
        assert!(matches!(found[..], [Event::Deposited(event)] if event.amount == 7));
        assert!(events(&logs("11111111111111111111111111111111")).is_empty());
    }

    #[test]
    fn what_a_program_says_does_not_end_or_begin_its_run() {
        let deposited = Event::Deposited(event::Deposited { amount: 7, ..Zeroable::zeroed() });
        let own = crate::PROGRAM_ID.to_string();
        let begins = format!("Program {own} invoke [1]");
        for said in ["Program log: success", "Program log: invoke [2]", "Program log: failed: no"] {
            let logs = [begins.clone(), said.to_owned(), line(&deposited), format!("Program {own} success")];
            assert_eq!(events(&logs).len(), 1, "{said}");
            let other = "Other111";
            let begins = [format!("Program {own} invoke [1]"), format!("Program {other} invoke [2]")];
            let logs = [begins.as_slice(), &[said.to_owned(), line(&deposited)]].concat();
            assert!(events(&logs).is_empty(), "{said}");
        }
    }

    #[test]
    fn bytes_of_another_length_are_no_event() {
        let bytes = Event::Deposited(Zeroable::zeroed()).to_bytes();
        assert!(Event::decode(&bytes).is_some());
        for wrong in [&bytes[..bytes.len() - 1], &[bytes.as_slice(), &[0]].concat(), &[], &[0; 80]] {
            assert!(Event::decode(wrong).is_none());
        }
    }
}
