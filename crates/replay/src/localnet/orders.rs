//! What the network's thread is asked to do, and the answer.

use std::fmt;
use std::sync::mpsc::{self, Receiver, Sender};

use solana_address::Address;

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// 10^-8 dollars.
    Price {
        asset: u8,
        price_e8: u64,
    },
    Silence {
        asset: u8,
    },
    Release {
        asset: u8,
    },
    Advance {
        seconds: u32,
    },
    Faucet {
        owner: Address,
        atoms: u64,
        bank: u8,
    },
    Stop,
}

/// Why an order was not carried out, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(pub String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// An order, and where its answer goes.
pub type Letter = (Order, Sender<Result<(), Refused>>);

/// Where orders are given.
#[derive(Clone)]
pub struct Orders(Sender<Letter>);

impl Orders {
    pub fn channel() -> (Self, Receiver<Letter>) {
        let (sender, inbox) = mpsc::channel();
        (Self(sender), inbox)
    }

    /// Waits until the order is carried out.
    pub fn give(&self, order: Order) -> Result<(), Refused> {
        let stopped = || Refused("the local network has stopped".to_owned());
        let (answer, answered) = mpsc::channel();
        self.0.send((order, answer)).map_err(|_| stopped())?;
        answered.recv().map_err(|_| stopped())?
    }
}
