//! Every command of `firebreak`, with good and with bad input: the real binary against a real local network.

mod accounts;
mod boards;
mod decoding;
mod documented;
mod governing;
mod harness;
mod insured;
mod keepers;
mod late;
mod markets;
mod offers;
mod trades;
mod tree;

use std::{sync::Mutex, thread};

use firebreak_replay::localnet::{Localnet, Options};
use harness::Net;

/// What uses the network beside each other, each with people of its own.
const SIDE_BY_SIDE: [fn(&Net); 9] = [
    accounts::cases,
    boards::cases,
    decoding::cases,
    governing::cases,
    insured::cases,
    keepers::cases,
    markets::cases,
    offers::cases,
    trades::cases,
];

/// Starting and stopping a network is not what is tested here: two at a time are enough.
static NETWORK: Mutex<()> = Mutex::new(());

#[test]
fn every_command_does_what_it_says_and_refuses_what_it_should() {
    let _only_one = NETWORK.lock();
    let net = Net::start(Localnet::start(Options { crowd: 3, ..Options::default() }).unwrap());
    thread::scope(|scope| {
        for cases in SIDE_BY_SIDE {
            let net = &net;
            scope.spawn(move || cases(net));
        }
    });
    // These move prices and the clock.
    late::cases(&net);
    net.stop();
}
