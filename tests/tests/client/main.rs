//! The Rust client against a real network: what it reads, what it sends, and what it says when it may not.

use std::time::Duration;

use firebreak_client::{
    Addresses, Event, Failure, FirebreakError, Portfolio, Snapshot, TOKEN_PROGRAM,
    addresses::vault,
    instructions::TokenSide,
    sending::{confirm, send, simulate, unsigned},
    tokens::associated_token_account,
};
use firebreak_replay::localnet::{Localnet, Options};
use solana_address::Address;
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;

use solana_signer::Signer;

const DOLLAR: u64 = 1_000_000;
const SOL: u8 = 0;

/// A network, and somebody with tokens and an account of 1,000 dollars on it.
struct Stage {
    net: Localnet,
    rpc: RpcClient,
    at: Addresses,
    owner: Keypair,
    margin: Address,
    tokens: TokenSide,
}

impl Stage {
    async fn open() -> Self {
        let net = Localnet::start(Options::default()).expect("the local network starts");
        let rpc = RpcClient::new_with_commitment(net.manifest.rpc.clone(), CommitmentConfig::confirmed());
        let at = Addresses::of_id(net.manifest.clearinghouse_id);
        let owner = Keypair::new();
        net.faucet(owner.pubkey(), 5_000 * DOLLAR, 0).expect("the faucet gives");
        let mint = net.manifest.quote_mint.parse().expect("an address");
        let token_account = associated_token_account(&owner.pubkey(), &TOKEN_PROGRAM, &mint);
        let tokens = TokenSide { mint, token_program: TOKEN_PROGRAM, token_account };
        let margin = at.margin_account(&owner.pubkey(), 0);
        let stage = Self { net, rpc, at, owner, margin, tokens };
        let key = stage.owner.pubkey();
        let create = at.create_margin_account(key, key, 0, 8, firebreak::state::CROSS);
        let deposit = at.deposit(0, key, margin, tokens, 1_000 * DOLLAR);
        let sent = send(&stage.rpc, &[create, deposit], &[&stage.owner], 0).await.expect("an account is opened");
        assert!(
            matches!(sent.events[..], [Event::MarginAccountCreated(_), Event::Deposited(event)] if event.balance == 1_000 * DOLLAR)
        );
        stage
    }

    async fn portfolio(&self) -> Portfolio {
        Portfolio::load(&self.rpc, &self.at, self.margin).await.expect("the account is read")
    }

    fn withdraw(&self, amount: u64) -> solana_instruction::Instruction {
        self.at.withdraw(0, self.owner.pubkey(), self.margin, self.tokens, amount)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_reads_sends_and_says_why_not() {
    let stage = Stage::open().await;
    a_portfolio_is_what_the_snapshot_has(&stage).await;
    a_trade_is_carried_out_within_its_budget(&stage).await;
    a_refusal_is_a_sentence_and_changes_nothing(&stage).await;
    what_is_missing_is_named(&stage).await;
    an_old_blockhash_is_said_to_be_old(&stage).await;
    stage.net.stop().expect("the network stops");
}

async fn a_portfolio_is_what_the_snapshot_has(stage: &Stage) {
    let portfolio = stage.portfolio().await;
    let snapshot = Snapshot::load(&stage.rpc, stage.at).await.expect("the clearinghouse is read");
    assert_eq!(snapshot.accounts[&stage.margin], portfolio.account);
    assert_eq!(portfolio.account.header.cash, 1_000 * DOLLAR);
    assert_eq!(portfolio.report().expect("it is valued").0.equity, 1_000 * DOLLAR as i64);
    assert_eq!(snapshot.asset("sol"), Some(SOL));
    assert_eq!(snapshot.asset("nothing"), None);
    assert_eq!(snapshot.of_owner(&stage.owner.pubkey()).count(), 1);
    assert!(snapshot.offers.len() >= snapshot.markets.len(), "the network's makers quote in each market");
    assert_eq!(snapshot.banks[&0].vault, vault(&stage.at.quote_bank));
}

async fn a_trade_is_carried_out_within_its_budget(stage: &Stage) {
    let snapshot = Snapshot::load(&stage.rpc, stage.at).await.expect("the clearinghouse is read");
    let offer = snapshot.offers.values().find(|offer| offer.market == SOL && offer.ask_lots > 100).expect("an offer");
    let mark = snapshot.board.rows[SOL as usize].mark;
    let key = stage.owner.pubkey();
    let take = stage.at.take_offer(SOL, key, stage.margin, offer.margin_account, 100, mark + mark / 50);
    let tried = simulate(&stage.rpc, std::slice::from_ref(&take), &key).await.expect("it would be carried out");
    assert_eq!(stage.portfolio().await.account.position(SOL), None, "a simulation changes nothing");
    let sent = send(&stage.rpc, &[take], &[&stage.owner], 1_000).await.expect("it is carried out");
    assert!(matches!(sent.events[..], [Event::Traded(event)] if event.lots == 100 && event.mark <= event.price));
    assert!(sent.compute_units <= u64::from(tried.budget.compute_units));
    // 5,000 lamports for the signature; the priority fee is charged for the limit, not for what was used.
    assert!(sent.fee > 5_000 && sent.fee <= 5_000 + tried.budget.paying(1_000).priority_fee() + 10, "{}", sent.fee);
    assert_eq!(stage.portfolio().await.account.position(SOL).map(|position| position.size), Some(100));
}

async fn a_refusal_is_a_sentence_and_changes_nothing(stage: &Stage) {
    send(&stage.rpc, &[stage.withdraw(DOLLAR)], &[&stage.owner], 0).await.expect("a dollar may leave");
    let before = stage.portfolio().await.account;
    let refused = send(&stage.rpc, &[stage.withdraw(5_000 * DOLLAR)], &[&stage.owner], 0).await.err();
    let refused = refused.expect("more than there is may not");
    assert!(refused.is(FirebreakError::CashInsufficient), "{refused}");
    assert!(refused.to_string().contains("CashInsufficient"), "{refused}");
    assert_eq!(stage.portfolio().await.account, before);

    let stranger = Keypair::new();
    let refused = send(&stage.rpc, &[stage.at.poke(SOL)], &[&stranger], 0).await.expect_err("nobody pays");
    assert!(matches!(refused, Failure::Refused(_)) && refused.to_string().contains("SOL"), "{refused}");
    let refused = send(&stage.rpc, &[stage.withdraw(1)], &[&stranger], 0).await.expect_err("the owner did not sign");
    assert!(!refused.to_string().is_empty());
    assert_eq!(stage.portfolio().await.account, before);
}

async fn what_is_missing_is_named(stage: &Stage) {
    let nobody = stage.at.margin_account(&Keypair::new().pubkey(), 0);
    let missing = Portfolio::load(&stage.rpc, &stage.at, nobody).await.expect_err("there is none");
    assert!(missing.to_string().contains(&nobody.to_string()), "{missing}");
    let other = Snapshot::load(&stage.rpc, Addresses::of_id(99)).await.expect_err("there is no other clearinghouse");
    assert!(matches!(other, Failure::Missing { .. }), "{other}");
    let wrong = Portfolio::load(&stage.rpc, &stage.at, stage.at.breaker).await.expect_err("it is no margin account");
    assert!(matches!(wrong, Failure::Malformed { .. }), "{wrong}");
    // Port 9 of the loopback address: nobody listens there.
    let nowhere = RpcClient::new_with_timeout("http://127.0.0.1:9".to_owned(), Duration::from_secs(5));
    let silent = Portfolio::load(&nowhere, &stage.at, stage.margin).await.expect_err("nobody answers");
    assert!(matches!(silent, Failure::Network(_)), "{silent}");
}

async fn an_old_blockhash_is_said_to_be_old(stage: &Stage) {
    let key = stage.owner.pubkey();
    let unsigned = unsigned(&[stage.at.poke(SOL)], &key, Default::default()).expect("it is built");
    let signed = solana_transaction::versioned::VersionedTransaction::try_new(unsigned.message, &[&stage.owner])
        .expect("signed");
    let failure = confirm(&stage.rpc, &signed, 0).await.expect_err("its blockhash never was");
    let is_told = matches!(failure, Failure::Expired { .. }) || failure.to_string().contains("blockhash");
    assert!(is_told, "{failure}");
}
