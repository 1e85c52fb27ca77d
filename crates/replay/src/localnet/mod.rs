//! A local network to try everything on: Surfpool in this process, in real time, with the program deployed, the clearinghouse set
//! up by the migrations, insurance staked, makers quoting, and prices published every second.
//!
//! It runs on threads of its own; the handle's methods block for as long as the network takes, from any thread, also from inside
//! an async runtime. Keys, mints and addresses are the same in every run.

mod chain;
mod control;
mod course;
mod crowd;
mod director;
mod files;
mod manifest;
mod net;
mod orders;
mod people;
mod setup;

use std::{
    path::PathBuf,
    sync::mpsc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow};
use solana_address::Address;

pub use course::Course;
pub use manifest::{AssetEntry, BankEntry, Keys, Manifest};
pub use orders::{Order, Refused};

use control::Control;
use orders::Orders;

/// The ports of a network that people start by hand.
pub const RPC_PORT: u16 = 8899;
pub const WS_PORT: u16 = 8900;
pub const CONTROL_PORT: u16 = 8901;

/// What a local network is to be. The default suits a test: free ports, a folder of its own that is removed, prices that hold
/// still, nobody but two makers and a staker.
#[derive(Clone, Debug)]
pub struct Options {
    /// 0 for a free one.
    pub rpc_port: u16,
    pub ws_port: u16,
    pub control_port: u16,
    /// Where keys and the manifest are written; `None` for a folder that goes when the network stops.
    pub dir: Option<PathBuf>,
    /// Folder of set-up steps; `None` for the project's own.
    pub migrations: Option<PathBuf>,
    /// Whether the last step, sealing, is carried out.
    pub seal: bool,
    pub course: Course,
    /// Whether the network itself brings prices onto the board every second, as a keeper would.
    pub refreshes: bool,
    /// Makers with standing offers.
    pub makers: usize,
    /// Traders with leveraged positions.
    pub crowd: usize,
    /// Folder of a web page to serve.
    pub app: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rpc_port: 0,
            ws_port: 0,
            control_port: 0,
            dir: None,
            migrations: None,
            seal: true,
            course: Course::Hold,
            refreshes: true,
            makers: 2,
            crowd: 0,
            app: None,
        }
    }
}

/// A local network that runs until it is stopped or dropped.
pub struct Localnet {
    pub manifest: Manifest,
    /// From the call to the network being ready.
    pub started_in: Duration,
    orders: Orders,
    director: Option<JoinHandle<Result<()>>>,
    control: Option<Control>,
}

impl Localnet {
    /// Starts a network, and returns once everything is set up. Errors: a port that is taken, a program that is not built, a
    /// migration that fails, a folder that cannot be written.
    pub fn start(options: Options) -> Result<Self> {
        // A free port may be taken by somebody else before the network listens on it: once more, then.
        let may_choose = [options.rpc_port, options.ws_port, options.control_port].contains(&0);
        match Self::attempt(&options) {
            Err(_) if may_choose => Self::attempt(&options),
            done => done,
        }
    }

    fn attempt(options: &Options) -> Result<Self> {
        let began = Instant::now();
        let ports = net::Ports::reserve(options)?;
        let (orders, inbox) = Orders::channel();
        let (ready, is_ready) = mpsc::channel();
        let director = {
            let options = options.clone();
            let run = move || director::run(&options, ports, inbox, &ready);
            std::thread::Builder::new().name("localnet".to_owned()).spawn(run).context("cannot start a thread")?
        };
        let Ok(manifest) = is_ready.recv() else {
            let ended = director.join().map_err(|_| anyhow!("the local network's thread panicked"))?;
            return Err(ended.err().unwrap_or_else(|| anyhow!("the local network ended before it was ready")));
        };
        let mut started =
            Self { manifest, started_in: Duration::ZERO, orders, director: Some(director), control: None };
        let served = control::Served { manifest: started.manifest.clone(), app: options.app.clone() };
        started.control = Some(Control::start(ports.control, served, started.orders.clone())?);
        started.started_in = began.elapsed();
        Ok(started)
    }

    /// Holds an asset's price (10^-8 dollars), published every second from now on. Error: there is no such asset.
    pub fn set_price(&self, asset: u8, price_e8: u64) -> Result<(), Refused> {
        self.orders.give(Order::Price { asset, price_e8 })
    }

    /// Lets an asset's oracle say nothing, until it is given a price or `released`.
    pub fn silence(&self, asset: u8) -> Result<(), Refused> {
        self.orders.give(Order::Silence { asset })
    }

    /// Lets an asset's price follow the course again.
    pub fn release(&self, asset: u8) -> Result<(), Refused> {
        self.orders.give(Order::Release { asset })
    }

    /// Moves the chain's clock on, and publishes every price then.
    pub fn advance(&self, seconds: u32) -> Result<(), Refused> {
        self.orders.give(Order::Advance { seconds })
    }

    /// Mints atoms of a bank's token into the owner's associated token account, and gives the owner 10 SOL.
    pub fn faucet(&self, owner: Address, atoms: u64, bank: u8) -> Result<(), Refused> {
        self.orders.give(Order::Faucet { owner, atoms, bank })
    }

    /// Whether the network's thread lives: it ends by itself only where something went wrong.
    pub fn is_running(&self) -> bool {
        self.director.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Stops the network, and returns once its ports are free. Error: what went wrong while it ran.
    pub fn stop(mut self) -> Result<()> {
        self.end()
    }

    fn end(&mut self) -> Result<()> {
        if let Some(control) = self.control.take() {
            control.stop();
        }
        let Some(director) = self.director.take() else { return Ok(()) };
        // Refused only where it has ended already.
        let _ended = self.orders.give(Order::Stop);
        director.join().map_err(|_| anyhow!("the local network's thread panicked"))?
    }
}

impl Drop for Localnet {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("the local network: {error:#}");
        }
    }
}
