//! Surfpool in this process: ports, start, stop.

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::mpsc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, anyhow, bail};
use crossbeam_channel::{Receiver, Sender};
use surfpool_core::surfnet::{
    locker::SurfnetSvmLocker,
    svm::{SurfnetSvm, SurfnetSvmConfig},
};
use surfpool_types::{BlockProductionMode, RpcConfig, SimnetCommand, SimnetConfig, SimnetEvent, SurfpoolConfig};

use super::Options;

/// Time between two blocks.
pub const SLOT_MILLISECONDS: u64 = 200;
const HOST: &str = "127.0.0.1";
/// How long the network may take to begin, and to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ports on loopback.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub rpc: u16,
    pub ws: u16,
    pub control: u16,
}

impl Ports {
    /// The ports asked for, free ones for 0. Error: one is taken, with what to do.
    pub fn reserve(options: &Options) -> Result<Self> {
        let wanted = [
            ("RPC", "--port", options.rpc_port),
            ("WebSocket", "--ws-port", options.ws_port),
            ("control", "--control-port", options.control_port),
        ];
        // All held until each is known, so that none is given twice.
        let mut held = Vec::new();
        for (purpose, option, port) in wanted {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
                anyhow!(
                    "the {purpose} port {port} cannot be used ({error}): stop what listens there, or choose another with \
                     {option}"
                )
            })?;
            held.push(listener);
        }
        let port = |index: usize| -> Result<u16> { Ok(held[index].local_addr()?.port()) };
        Ok(Self { rpc: port(0)?, ws: port(1)?, control: port(2)? })
    }
}

/// A running network.
pub struct Net {
    pub locker: SurfnetSvmLocker,
    pub commands: Sender<SimnetCommand>,
    events: Receiver<SimnetEvent>,
    thread: Option<JoinHandle<()>>,
}

impl Net {
    /// Starts the network, and returns once it answers.
    pub fn start(ports: Ports) -> Result<Self> {
        let simnet = SimnetConfig {
            offline_mode: true,
            remote_rpc_url: None,
            slot_time: SLOT_MILLISECONDS,
            block_production_mode: BlockProductionMode::Clock,
            // Runs every transaction once more for each of its instructions.
            instruction_profiling_enabled: false,
            ..SimnetConfig::default()
        };
        let config = SurfnetSvmConfig {
            surfnet_id: simnet.surfnet_id.clone(),
            slot_time: simnet.slot_time,
            instruction_profiling_enabled: simnet.instruction_profiling_enabled,
            max_profiles: simnet.max_profiles,
            log_bytes_limit: simnet.log_bytes_limit,
            ..SurfnetSvmConfig::default()
        };
        let rpc =
            RpcConfig { bind_host: HOST.to_owned(), bind_port: ports.rpc, ws_port: ports.ws, ..RpcConfig::default() };
        let config_of_all = SurfpoolConfig { simnets: vec![simnet], rpc, ..SurfpoolConfig::default() };
        let (svm, events, geyser_events) =
            SurfnetSvm::new(config).map_err(|error| anyhow!("the local network: {error}"))?;
        let (commands, received) = crossbeam_channel::unbounded();
        let locker = SurfnetSvmLocker::new(svm);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (ended, has_ended) = mpsc::channel();
        let run = {
            let (locker, commands) = (locker.clone(), commands.clone());
            move || {
                let network = surfpool_core::runloops::start_local_surfnet_runloop(
                    locker,
                    config_of_all,
                    commands,
                    received,
                    geyser_events,
                );
                let outcome = runtime.block_on(network).map_err(|error| error.to_string());
                // Nobody listens once the network was ready.
                let _unheard = ended.send(outcome);
            }
        };
        let thread =
            std::thread::Builder::new().name("surfpool".to_owned()).spawn(run).context("cannot start a thread")?;
        let net = Self { locker, commands, events, thread: Some(thread) };
        net.wait_until_ready(&has_ended)?;
        Ok(net)
    }

    fn wait_until_ready(&self, has_ended: &mpsc::Receiver<Result<(), String>>) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Ok(outcome) = has_ended.try_recv() {
                bail!("the local network did not start: {}", outcome.err().unwrap_or_default());
            }
            match self.events.recv_timeout(Duration::from_millis(20)) {
                Ok(SimnetEvent::CoreStarted(_)) => return Ok(()),
                Ok(SimnetEvent::Aborted(error)) => bail!("the local network did not start: {error}"),
                _ => {}
            }
        }
        bail!("the local network did not start within {} s", PATIENCE.as_secs())
    }

    /// Throws the network's own news away: nobody reads them, and they must not pile up.
    pub fn drain(&self) {
        while self.events.try_recv().is_ok() {}
    }

    /// Ends the network, and returns once both servers have let go of their ports.
    pub fn stop(&mut self) -> Result<()> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        self.drain();
        self.commands
            .send(SimnetCommand::Terminate(None))
            .map_err(|_| anyhow!("the local network has ended by itself"))?;
        let (began, mut servers) = (Instant::now(), 0);
        while servers < 2 {
            let left = PATIENCE.saturating_sub(began.elapsed());
            match self.events.recv_timeout(left) {
                Ok(SimnetEvent::Shutdown) => servers += 1,
                Ok(_) => {}
                Err(_) => {
                    bail!("the local network did not end within {} s: its ports may be taken", PATIENCE.as_secs())
                }
            }
        }
        thread.join().map_err(|_| anyhow!("the local network's thread panicked"))
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        if self.thread.is_some() {
            // Whoever drops it without stopping it is on the way out.
            let _left_behind = self.commands.send(SimnetCommand::Terminate(None));
        }
    }
}
