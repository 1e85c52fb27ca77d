//! What a keeper did and how it fares: for Prometheus, for health, and for its own summary.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use metrics::{Key, KeyName, Label, Level, Metadata, Recorder, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::{carry::Outcome, config::Watch};
use crate::job::{Job, Task};

const METADATA: Metadata<'static> = Metadata::new("firebreak_keeper", Level::INFO, None);

/// Everything that is counted: what tests and the summary read.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    pub is_loaded: bool,
    pub passes: u64,
    /// Jobs by kind and outcome.
    pub jobs: BTreeMap<(&'static str, &'static str), u64>,
    /// The last refusal of each kind of job.
    pub refusals: BTreeMap<&'static str, String>,
    pub accounts: usize,
    pub below: usize,
    pub in_flight: usize,
    pub held_back: usize,
    /// Full reads, and accounts that they found changed without the socket having said so.
    pub reads: u64,
    pub unheard: u64,
    /// Sockets that were opened, and that broke or fell silent.
    pub sockets: u64,
    pub socket_losses: u64,
    pub switches: u64,
    pub rpc_failures: u64,
    /// Fees paid, in lamports.
    pub lamports: u64,
    /// Expected at mark of what was taken over, in quote atoms.
    pub gained: i64,
    /// Of the own margin account at mark, in quote atoms: when the keeper began, and now. And what it deposited.
    pub equity_before: Option<i64>,
    pub equity: Option<i64>,
    pub deposited: u64,
    /// Lamports of the key when the keeper began, and now.
    pub wallet_before: Option<u64>,
    pub wallet: Option<u64>,
    pub slot: u64,
    pub socket_slot: u64,
    pub last_pass: Option<Instant>,
    pub last_news: Option<Instant>,
}

impl Statistics {
    /// Jobs of a kind that were done.
    pub fn done(&self, kind: &'static str) -> u64 {
        self.jobs.get(&(kind, "done")).copied().unwrap_or(0)
    }
}

/// Counts, and answers who asks.
pub struct Meter {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    statistics: Mutex<Statistics>,
    watch: Watch,
    started: Instant,
}

impl Meter {
    pub fn new(watch: Watch) -> Arc<Self> {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let meter = Self { recorder, handle, statistics: Mutex::default(), watch, started: Instant::now() };
        for (name, what) in GAUGES {
            meter.recorder.describe_gauge(KeyName::from_const_str(name), Some(Unit::Count), (*what).into());
        }
        for (name, what) in COUNTERS {
            meter.recorder.describe_counter(KeyName::from_const_str(name), Some(Unit::Count), (*what).into());
        }
        Arc::new(meter)
    }

    /// What was counted so far.
    pub fn statistics(&self) -> MutexGuard<'_, Statistics> {
        self.statistics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A job came to its end.
    pub fn count(&self, job: &Job, outcome: &Outcome) {
        let kind = job.task.kind();
        let mut statistics = self.statistics();
        *statistics.jobs.entry((kind, outcome.name())).or_default() += 1;
        match outcome {
            Outcome::Done { .. } => {
                statistics.gained = statistics.gained.saturating_add(job.profit.unwrap_or(0));
            }
            Outcome::Refused { cause, .. } | Outcome::Withheld { cause } => {
                statistics.refusals.insert(kind, cause.clone());
            }
            Outcome::Unreached { .. } => statistics.rpc_failures += 1,
            _ => {}
        }
        drop(statistics);
        let labels = vec![Label::new("kind", kind), Label::new("outcome", outcome.name())];
        self.recorder.register_counter(&Key::from_parts("firebreak_keeper_jobs_total", labels), &METADATA).increment(1);
        if let (Task::Liquidate { market, .. }, Outcome::Done { .. }) = (&job.task, outcome) {
            let labels = vec![Label::new("market", market.to_string())];
            let key = Key::from_parts("firebreak_keeper_liquidations_total", labels);
            self.recorder.register_counter(&key, &METADATA).increment(1);
        }
    }

    /// A pass came to its end.
    pub fn passed(&self, took: Duration) {
        let mut statistics = self.statistics();
        statistics.passes += 1;
        statistics.last_pass = Some(Instant::now());
        drop(statistics);
        let key = Key::from_static_name("firebreak_keeper_pass_seconds");
        self.recorder.register_histogram(&key, &METADATA).record(took.as_secs_f64());
    }

    /// The age of an asset's price on the board, in seconds.
    pub fn price_age(&self, asset: u8, seconds: i64) {
        let labels = vec![Label::new("asset", asset.to_string())];
        let key = Key::from_parts("firebreak_keeper_price_age_seconds", labels);
        self.recorder.register_gauge(&key, &METADATA).set(seconds as f64);
    }

    /// All metrics as Prometheus reads them.
    pub fn render(&self) -> String {
        let now = Instant::now();
        let seen = self.statistics().clone();
        let age = |since: Option<Instant>| now.duration_since(since.unwrap_or(self.started)).as_secs_f64();
        let gauge = |name: &'static str, value: f64| {
            self.recorder.register_gauge(&Key::from_static_name(name), &METADATA).set(value);
        };
        gauge("firebreak_keeper_accounts", seen.accounts as f64);
        gauge("firebreak_keeper_below_maintenance", seen.below as f64);
        gauge("firebreak_keeper_in_flight", seen.in_flight as f64);
        gauge("firebreak_keeper_held_back", seen.held_back as f64);
        gauge("firebreak_keeper_slot", seen.slot as f64);
        gauge("firebreak_keeper_slot_lag", seen.slot.saturating_sub(seen.socket_slot) as f64);
        gauge("firebreak_keeper_pass_age_seconds", age(seen.last_pass));
        gauge("firebreak_keeper_news_age_seconds", age(seen.last_news));
        gauge("firebreak_keeper_equity_atoms", seen.equity.unwrap_or(0) as f64);
        let counter = |name: &'static str, value: u64| {
            self.recorder.register_counter(&Key::from_static_name(name), &METADATA).absolute(value);
        };
        counter("firebreak_keeper_passes_total", seen.passes);
        counter("firebreak_keeper_lamports_total", seen.lamports);
        counter("firebreak_keeper_full_reads_total", seen.reads);
        counter("firebreak_keeper_unheard_changes_total", seen.unheard);
        counter("firebreak_keeper_socket_losses_total", seen.socket_losses);
        counter("firebreak_keeper_server_switches_total", seen.switches);
        counter("firebreak_keeper_rpc_failures_total", seen.rpc_failures);
        self.handle.run_upkeep();
        self.handle.render()
    }

    /// Whether there is progress; where there is none, what is missing. Being alive is not progress.
    pub fn health(&self) -> Result<String, String> {
        let (now, seen) = (Instant::now(), self.statistics().clone());
        let age = |since: Option<Instant>| now.duration_since(since.unwrap_or(self.started));
        let (pass, news) = (age(seen.last_pass), age(seen.last_news));
        let limit = self.watch.stalled_after;
        let lag = seen.slot.saturating_sub(seen.socket_slot);
        if pass > limit {
            return Err(format!("no pass was completed for {} s (limit {} s)", pass.as_secs(), limit.as_secs()));
        }
        if news > limit {
            return Err(format!("no news of accounts for {} s (limit {} s)", news.as_secs(), limit.as_secs()));
        }
        if lag > self.watch.slot_lag {
            return Err(format!("the socket is {lag} slots behind (limit {})", self.watch.slot_lag));
        }
        Ok(format!("last pass {} ms ago, last news {} ms ago, {lag} slots behind", pass.as_millis(), news.as_millis()))
    }

    /// Healthy, and all accounts were read.
    pub fn readiness(&self) -> Result<String, String> {
        if !self.statistics().is_loaded {
            return Err("the accounts were not read yet".to_owned());
        }
        self.health()
    }
}

const GAUGES: &[(&str, &str)] = &[
    ("firebreak_keeper_accounts", "Margin accounts known"),
    ("firebreak_keeper_below_maintenance", "Accounts below maintenance in the last pass"),
    ("firebreak_keeper_in_flight", "Transactions under way"),
    ("firebreak_keeper_held_back", "Targets that wait after a refusal"),
    ("firebreak_keeper_slot", "Slot of the last pass"),
    ("firebreak_keeper_slot_lag", "Slots that the socket is behind"),
    ("firebreak_keeper_pass_age_seconds", "Time since the last completed pass"),
    ("firebreak_keeper_news_age_seconds", "Time since the last news of the socket, or the last full read"),
    ("firebreak_keeper_equity_atoms", "Own equity at mark, quote atoms"),
    ("firebreak_keeper_price_age_seconds", "Age of the price on the board"),
];
const COUNTERS: &[(&str, &str)] = &[
    ("firebreak_keeper_jobs_total", "Jobs by kind and outcome"),
    ("firebreak_keeper_liquidations_total", "Take-overs by market"),
    ("firebreak_keeper_passes_total", "Completed passes"),
    ("firebreak_keeper_lamports_total", "Fees paid"),
    ("firebreak_keeper_full_reads_total", "Full reads of all accounts"),
    ("firebreak_keeper_unheard_changes_total", "Changes found by a full read first"),
    ("firebreak_keeper_socket_losses_total", "Sockets that broke or fell silent"),
    ("firebreak_keeper_server_switches_total", "Changes of the RPC server"),
    ("firebreak_keeper_rpc_failures_total", "Jobs and passes that reached no server"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn meter() -> Arc<Meter> {
        let stalled_after = Duration::from_secs(15);
        Meter::new(Watch { address: None, stalled_after, slot_lag: 50, json_logs: false, log: String::new() })
    }

    #[test]
    fn health_is_progress_and_not_life() {
        let meter = meter();
        let now = Instant::now();
        assert!(meter.readiness().unwrap_err().contains("not read"));
        meter.statistics().is_loaded = true;
        meter.statistics().last_news = Some(now);
        meter.passed(Duration::from_millis(5));
        assert!(meter.readiness().is_ok());
        meter.statistics().slot = 151;
        meter.statistics().socket_slot = 100;
        assert!(meter.health().unwrap_err().contains("51 slots"));
        meter.statistics().socket_slot = 101;
        assert!(meter.health().is_ok());
        let Some(long_ago) = now.checked_sub(Duration::from_secs(17)) else { return };
        meter.statistics().last_news = Some(long_ago);
        assert!(meter.health().unwrap_err().contains("no news"));
        meter.statistics().last_pass = Some(long_ago);
        assert!(meter.health().unwrap_err().contains("no pass"));
    }

    #[test]
    fn metrics_are_rendered_with_their_names() {
        let meter = meter();
        meter.statistics().below = 7;
        meter.passed(Duration::from_millis(5));
        meter.price_age(2, 9);
        let text = meter.render();
        for line in ["firebreak_keeper_below_maintenance 7", "price_age_seconds{asset=\"2\"} 9", "passes_total 1"] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
