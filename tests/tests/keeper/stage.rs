//! A local network with traders on it, a proxy before it, and keepers.

use std::{
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use firebreak::state::CROSS;
use firebreak_client::{Addresses, Budget, MarginAccountView, instructions::TokenSide};
use firebreak_keeper::run::{
    Config, Keeper,
    config::{Amount, Endpoint},
};
use firebreak_replay::{
    localnet::{Localnet, Options},
    world::keypair,
};
use firebreak_tests::proxy::Proxy;
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_rpc_client::rpc_client::RpcClient;
use solana_rpc_client_api::config::RpcSendTransactionConfig;
use solana_signer::Signer;
use solana_transaction::Transaction;

/// One after the other: two cores, and figures that mean something.
static TURN: Mutex<()> = Mutex::new(());
static COUNT: AtomicU64 = AtomicU64::new(0);
const ASSOCIATED: Address = Address::from_str_const("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL");
pub const DOLLAR: u64 = 1_000_000;
/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Prices of 10^-8 dollars at which the network begins.
pub const PRICES: [u64; 3] = [15_000_000_000, 12_000_000_000_000, 400_000_000_000];

/// The network, and who is on it.
pub struct Stage {
    pub net: Localnet,
    pub proxy: Proxy,
    /// Straight to the network.
    pub rpc: RpcClient,
    pub at: Addresses,
    pub traders: Vec<Address>,
    folder: PathBuf,
    mint: Address,
    token_program: Address,
    makers: Vec<Address>,
    _turn: MutexGuard<'static, ()>,
}

impl Stage {
    pub fn new() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let net = Localnet::start(Options { refreshes: false, ..Options::default() }).unwrap();
        let manifest = &net.manifest;
        let rpc = RpcClient::new_with_commitment(manifest.rpc.clone(), CommitmentConfig::processed());
        let at = Addresses::of_id(manifest.clearinghouse_id);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("firebreak-keeper-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let maker = |number: usize| at.margin_account(&keypair(&format!("maker {number}")).pubkey(), 0);
        Self {
            proxy: Proxy::start(&manifest.rpc, &manifest.ws),
            rpc,
            at,
            traders: vec![],
            folder,
            mint: manifest.quote_mint.parse().unwrap(),
            token_program: manifest.token_program.parse().unwrap(),
            makers: (0..manifest.keys.makers.len()).map(maker).collect(),
            net,
            _turn: turn,
        }
    }

    fn tokens(&self, owner: &Address) -> TokenSide {
        let seeds = [owner.as_ref(), self.token_program.as_ref(), self.mint.as_ref()];
        let token_account = Address::find_program_address(&seeds, &ASSOCIATED).0;
        TokenSide { mint: self.mint, token_program: self.token_program, token_account }
    }

    /// Sends without waiting; the network carries it out before it answers.
    pub fn send(&self, instructions: &[Instruction], key: &Keypair) {
        let hash = self.rpc.get_latest_blockhash().unwrap();
        // The same instructions again in the same block are the same transaction, but for their limit.
        let number = COUNT.fetch_add(1, Ordering::Relaxed) as u32;
        let budget = Budget { compute_units: 300_000 + number, loaded_bytes: 16 << 20, unit_price: 0 };
        let message = Message::new_with_blockhash(&budget.wrap(instructions), Some(&key.pubkey()), &hash);
        let transaction = Transaction::new(&[key], message, hash);
        let config = RpcSendTransactionConfig { skip_preflight: true, ..RpcSendTransactionConfig::default() };
        self.rpc.send_transaction_with_config(&transaction, config).unwrap();
    }

    /// Brings all prices onto the board, as keepers do.
    pub fn refresh(&self) {
        for asset in &self.net.manifest.assets {
            let feeds: Vec<_> = asset.feeds.iter().map(|feed| (asset.index, feed.parse().unwrap())).collect();
            self.send(&[self.at.refresh_prices(&feeds)], &keypair("payer"));
        }
    }

    /// Traders who each buy so many lots in a market from the makers, on so much cash.
    pub fn traders(&mut self, count: usize, market: u8, (lots, cash): (i64, u64)) -> Vec<Address> {
        let first = self.traders.len();
        let mut opened = vec![];
        for number in first..first + count {
            if number % 40 == 0 || number == first {
                self.refresh();
            }
            let key = keypair(&format!("trader {number}"));
            let owner = key.pubkey();
            self.net.faucet(owner, cash, 0).unwrap();
            let margin = self.at.margin_account(&owner, 0);
            let limit = self.row(market).mark / 50 * 51;
            let maker = self.makers[number % self.makers.len()];
            let all = [
                self.at.create_margin_account(owner, owner, 0, 4, CROSS),
                self.at.deposit(0, owner, margin, self.tokens(&owner), cash),
                self.at.take_offer(market, owner, margin, maker, lots, limit),
            ];
            self.send(&all, &key);
            opened.push(margin);
        }
        for margin in &opened {
            let has = self.until("a trader's position", || Some(self.margin(margin)?.position(market)?.size));
            assert_eq!(i64::from(has), lots);
        }
        self.traders.extend(&opened);
        opened
    }

    pub fn row(&self, asset: u8) -> firebreak::state::AssetRow {
        let account = self.rpc.get_account(&self.at.board).unwrap();
        firebreak_client::Board::decode(&account.data).unwrap().rows[asset as usize]
    }

    pub fn margin(&self, address: &Address) -> Option<MarginAccountView> {
        let found = self.rpc.get_account_with_commitment(address, CommitmentConfig::processed()).unwrap().value;
        found.and_then(|account| MarginAccountView::decode(&account.data).ok())
    }

    /// Falls by so many basis points; rises where negative.
    pub fn fall(&self, asset: u8, bps: i64) {
        let price = i64::try_from(PRICES[asset as usize]).unwrap();
        self.net.set_price(asset, u64::try_from(price - price / 10_000 * bps).unwrap()).unwrap();
    }

    /// A keeper's configuration: its own key with this much in its wallet, through the proxy, and quick.
    pub fn config(&self, name: &str, dollars: u64) -> Config {
        let key = keypair(name);
        let path = self.folder.join(format!("{name}.json"));
        if !path.exists() {
            crate::keys::write(&path, &key, 0o600);
            self.net.faucet(key.pubkey(), dollars * DOLLAR, 0).unwrap();
        }
        let mut config = Config::new(path, &self.proxy.url).unwrap();
        config.rpc.endpoints = vec![Endpoint { url: self.proxy.url.clone(), ws_url: self.proxy.ws_url.clone() }];
        // KEEPER_LOG=info shows what a keeper does in a test.
        if let Ok(log) = std::env::var("KEEPER_LOG") {
            config.watch.log = log;
            firebreak_keeper::run::start_logs(&config);
        }
        config.rpc.timeout = Duration::from_secs(3);
        config.rpc.silence = Duration::from_secs(3);
        config.rpc.reread = Duration::from_secs(10);
        config.pace.pass = Duration::from_millis(200);
        config.deposit = Amount::parse(&dollars.to_string());
        // A keeper of the exchange's own: it resolves what gains nothing, too.
        config.limits.min_profit = Amount::parse("-1000");
        config
    }

    /// Starts a keeper, and waits until it follows the network.
    pub fn keeper(&self, config: Config) -> Keeper {
        let keeper = Keeper::start(config).unwrap();
        self.until("the keeper is ready", || keeper.health().ok().filter(|_| keeper.statistics().sockets > 0));
        keeper
    }

    /// Asks again until there is an answer.
    pub fn until<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            assert!(began.elapsed() < PATIENCE, "waited in vain: {what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _stays = std::fs::remove_dir_all(&self.folder);
    }
}
