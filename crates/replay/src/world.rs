//! A clearinghouse with markets, prices and named actors on some chain: what tests, simulation, bench and demo begin with.

use firebreak::{instructions::OfferTerms, state::AssetRow};
use firebreak_client::{Addresses, Board, MarginAccountView, TOKEN_PROGRAM, addresses, instructions as ix};
use sha2::{Digest, Sha256};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{
    chain::{Chain, Receipt, Refusal},
    ledger::Ledger,
    listing::{self, Listing},
    pyth::{self, Update},
};

type Sent = Result<Receipt, Box<Refusal>>;

/// A key that is the same in every run.
pub fn keypair(name: &str) -> Keypair {
    Keypair::new_from_array(Sha256::digest(name.as_bytes()).into())
}

/// Somebody with a key, a quote token account and (sub-id 0) a margin account.
pub struct Actor {
    pub key: Keypair,
    pub tokens: Address,
    pub margin: Address,
}

impl Actor {
    pub fn address(&self) -> Address {
        self.key.pubkey()
    }
}

/// The default account of an unknown owner, with lamports.
fn system_account(lamports: u64) -> Account {
    Account { lamports, rent_epoch: u64::MAX, ..Account::default() }
}

/// A clearinghouse on a chain.
pub struct World<C> {
    pub chain: C,
    pub at: Addresses,
    pub id: u64,
    pub payer: Keypair,
    pub authority: Keypair,
    pub guardian: Keypair,
    pub mint: Keypair,
    pub token_program: Address,
    /// Sent to the quote vault without an instruction.
    pub donated: u64,
}

impl<C: Chain> World<C> {
    /// Begins at `now` with the payer funded, the quote mint and a clearinghouse of id 1; nothing is listed.
    pub fn empty(chain: C, now: i64) -> Result<Self, Box<Refusal>> {
        let mut world = Self {
            chain,
            at: Addresses::of_id(1),
            id: 1,
            payer: keypair("payer"),
            authority: keypair("authority"),
            guardian: keypair("guardian"),
            mint: keypair("quote mint"),
            token_program: TOKEN_PROGRAM,
            donated: 0,
        };
        world.chain.set_now(now);
        for key in [world.payer.pubkey(), world.authority.pubkey(), world.guardian.pubkey()] {
            world.chain.set_account(key, system_account(1_000_000_000_000));
        }
        world.create_mint(&keypair("quote mint"), 6)?;
        world.create_clearinghouse()?;
        Ok(world)
    }

    /// `empty`, with these listings.
    pub fn listed(chain: C, now: i64, listings: &[Listing]) -> Result<Self, Box<Refusal>> {
        let mut world = Self::empty(chain, now)?;
        for (index, listing) in listings.iter().enumerate() {
            world.list(index as u8, listing)?;
        }
        Ok(world)
    }

    /// `listed` with SOL, BTC and ETH, priced at 150, 120,000 and 4,000 dollars.
    pub fn with_majors(chain: C, now: i64) -> Result<Self, Box<Refusal>> {
        let mut world = Self::listed(chain, now, &listing::majors())?;
        for (market, per_lot) in [(0, 1_500_000), (1, 1_200_000), (2, 4_000_000)] {
            world.set_mark(market, per_lot)?;
        }
        Ok(world)
    }

    fn create_clearinghouse(&mut self) -> Sent {
        let config = listing::clearinghouse_config(self.guardian.pubkey());
        let create = self.at.create_clearinghouse(
            self.id,
            self.payer.pubkey(),
            self.authority.pubkey(),
            self.mint.pubkey(),
            self.token_program,
            config,
        );
        self.chain.send(&[create], &[&self.payer, &self.authority])
    }

    /// Lists an asset and opens its market.
    pub fn list(&mut self, index: u8, listing: &Listing) -> Sent {
        let (payer, authority) = (self.payer.pubkey(), self.authority.pubkey());
        let asset = self.at.add_asset(payer, authority, listing.asset);
        let market = self.at.add_market(payer, authority, index, listing.market);
        self.chain.send(&[asset, market], &[&self.payer, &self.authority])
    }

    // ---- tokens -----------------------------------------------------------------------------------------------

    /// Creates a mint of the token program, its authority the payer.
    pub fn create_mint(&mut self, mint: &Keypair, decimals: u8) -> Sent {
        let mut data = vec![20, decimals];
        data.extend(self.payer.pubkey().as_ref());
        data.push(0); // no freeze authority
        let create = self.create_account(&mint.pubkey(), 82, &self.token_program);
        let initialize = self.token_instruction(vec![AccountMeta::new(mint.pubkey(), false)], data);
        self.chain.send(&[create, initialize], &[&self.payer, mint])
    }

    /// Creates a token account for `owner` at the key's address.
    pub fn create_token_account(&mut self, key: &Keypair, mint: &Address, owner: &Address) -> Sent {
        let mut data = vec![18];
        data.extend(owner.as_ref());
        let create = self.create_account(&key.pubkey(), 165, &self.token_program);
        let accounts = vec![AccountMeta::new(key.pubkey(), false), AccountMeta::new_readonly(*mint, false)];
        let initialize = self.token_instruction(accounts, data);
        self.chain.send(&[create, initialize], &[&self.payer, key])
    }

    /// Mints tokens to a token account.
    pub fn mint_to(&mut self, mint: &Address, token_account: &Address, amount: u64) -> Sent {
        let mut data = vec![7];
        data.extend(amount.to_le_bytes());
        let accounts = vec![
            AccountMeta::new(*mint, false),
            AccountMeta::new(*token_account, false),
            AccountMeta::new_readonly(self.payer.pubkey(), true),
        ];
        let mint_to = self.token_instruction(accounts, data);
        self.chain.send(&[mint_to], &[&self.payer])
    }

    fn create_account(&self, address: &Address, space: u64, owner: &Address) -> Instruction {
        let mut data = 0_u32.to_le_bytes().to_vec();
        data.extend(10_000_000_u64.to_le_bytes());
        data.extend(space.to_le_bytes());
        data.extend(owner.as_ref());
        let accounts = vec![AccountMeta::new(self.payer.pubkey(), true), AccountMeta::new(*address, true)];
        Instruction { program_id: firebreak_client::SYSTEM_PROGRAM, accounts, data }
    }

    fn token_instruction(&self, accounts: Vec<AccountMeta>, data: Vec<u8>) -> Instruction {
        Instruction { program_id: self.token_program, accounts, data }
    }

    /// The quote tokens of a token account, as the builders want them.
    pub fn quote(&self, token_account: Address) -> ix::TokenSide {
        ix::TokenSide { mint: self.mint.pubkey(), token_program: self.token_program, token_account }
    }

    // ---- actors -----------------------------------------------------------------------------------------------

    /// Somebody named, with lamports, a quote token account and a cross margin account of `capacity` slots holding `cash`.
    pub fn actor(&mut self, name: &str, capacity: u8, cash: u64) -> Result<Actor, Box<Refusal>> {
        let (key, tokens) = (keypair(name), keypair(&format!("{name}'s tokens")));
        self.chain.set_account(key.pubkey(), system_account(100_000_000_000));
        self.create_token_account(&tokens, &self.mint.pubkey(), &key.pubkey())?;
        let margin = self.at.margin_account(&key.pubkey(), 0);
        let create =
            self.at.create_margin_account(self.payer.pubkey(), key.pubkey(), 0, capacity, firebreak::state::CROSS);
        self.chain.send(&[create], &[&self.payer, &key])?;
        let actor = Actor { key, tokens: tokens.pubkey(), margin };
        if cash > 0 {
            self.mint_to(&self.mint.pubkey(), &actor.tokens, cash)?;
            self.deposit(&actor, cash)?;
        }
        Ok(actor)
    }

    pub fn deposit(&mut self, actor: &Actor, amount: u64) -> Sent {
        let deposit = self.at.deposit(0, actor.address(), actor.margin, self.quote(actor.tokens), amount);
        self.chain.send(&[deposit], &[&actor.key])
    }

    pub fn withdraw(&mut self, actor: &Actor, amount: u64) -> Sent {
        let withdraw = self.at.withdraw(0, actor.address(), actor.margin, self.quote(actor.tokens), amount);
        self.chain.send(&[withdraw], &[&actor.key])
    }

    /// Mints quote and gives it to a market's tranche.
    pub fn fund_tranche(&mut self, market: u8, amount: u64) -> Sent {
        let tokens = keypair("tranche funder's tokens");
        if self.chain.account(&tokens.pubkey()).is_none() {
            self.create_token_account(&tokens, &self.mint.pubkey(), &self.payer.pubkey())?;
        }
        self.mint_to(&self.mint.pubkey(), &tokens.pubkey(), amount)?;
        let fund = self.at.fund_tranche(market, self.payer.pubkey(), self.quote(tokens.pubkey()), amount);
        self.chain.send(&[fund], &[&self.payer])
    }

    /// A match signed by both owners.
    pub fn trade(&mut self, market: u8, buyer: &Actor, seller: &Actor, lots: u64, price: u64) -> Sent {
        let sides = ((buyer.address(), buyer.margin), (seller.address(), seller.margin));
        let trade = self.at.trade(market, sides.0, sides.1, lots, price);
        self.chain.send(&[trade], &[&buyer.key, &seller.key])
    }

    pub fn place_offer(&mut self, market: u8, maker: &Actor, terms: OfferTerms) -> Sent {
        let place = self.at.place_offer(market, self.payer.pubkey(), maker.address(), maker.margin, terms);
        self.chain.send(&[place], &[&self.payer, &maker.key])
    }

    pub fn take_offer(&mut self, market: u8, taker: &Actor, maker: &Actor, lots: i64, limit_price: u64) -> Sent {
        let take = self.at.take_offer(market, taker.address(), taker.margin, maker.margin, lots, limit_price);
        self.chain.send(&[take], &[&taker.key])
    }

    pub fn settle(&mut self, market: u8, margin_account: &Address) -> Sent {
        let settle = self.at.settle(market, &[*margin_account]);
        self.chain.send(&[settle], &[&self.payer])
    }

    /// Closes a bankrupt account's position against the other side.
    pub fn auto_deleverage(&mut self, market: u8, bankrupt: &Address) -> Sent {
        let deleverage = self.at.auto_deleverage(market, *bankrupt);
        self.chain.send(&[deleverage], &[&self.payer])
    }

    /// Sets a market's funding rate.
    pub fn update_funding(&mut self, market: u8) -> Sent {
        let update = self.at.update_funding(market);
        self.chain.send(&[update], &[&self.payer])
    }

    pub fn sweep(&mut self, market: u8) -> Sent {
        let sweep = self.at.sweep_insurance(market, self.mint.pubkey(), self.token_program);
        self.chain.send(&[sweep], &[&self.payer])
    }

    /// The indices of all markets.
    pub fn markets(&mut self) -> Vec<u8> {
        (0_u8..).zip(self.board().rows).filter(|(_, row)| row.has_market == 1).map(|(index, _)| index).collect()
    }

    /// Sweeps every market that there is.
    pub fn sweep_all(&mut self) -> Result<(), Box<Refusal>> {
        for market in self.markets() {
            self.sweep(market)?;
        }
        Ok(())
    }

    /// Sweeps every market, then buys shares of the insurance fund with an actor's tokens.
    pub fn stake(&mut self, staker: &Actor, amount: u64) -> Sent {
        self.sweep_all()?;
        let tokens = self.quote(staker.tokens);
        let markets = self.markets();
        let stake = self.at.stake_insurance(self.payer.pubkey(), staker.address(), tokens, amount, &markets);
        self.chain.send(&[stake], &[&self.payer, &staker.key])
    }

    pub fn request_unstake(&mut self, staker: &Actor, shares: u64) -> Sent {
        let request = self.at.request_unstake(staker.address(), shares);
        self.chain.send(&[request], &[&staker.key])
    }

    /// Sweeps every market, then leaves the insurance fund; their tranches pay what its vault lacks.
    pub fn unstake(&mut self, staker: &Actor) -> Sent {
        self.sweep_all()?;
        let markets = self.markets();
        let unstake = self.at.unstake(staker.address(), self.quote(staker.tokens), &markets);
        self.chain.send(&[unstake], &[&staker.key])
    }

    pub fn report_deficit(&mut self, bankrupt: &Address) -> Sent {
        let report = self.at.report_deficit(*bankrupt);
        self.chain.send(&[report], &[&self.payer])
    }

    pub fn liquidate(
        &mut self,
        market: u8,
        liquidator: &Actor,
        liquidatee: &Address,
        max_lots: u64,
        limit: u64,
    ) -> Sent {
        let liquidate =
            self.at.liquidate(market, liquidator.address(), liquidator.margin, *liquidatee, max_lots, limit);
        self.chain.send(&[liquidate], &[&liquidator.key])
    }

    // ---- prices -----------------------------------------------------------------------------------------------

    /// Publishes a price, by both feeds where the asset has two, and brings it on the board.
    pub fn set_mark(&mut self, asset: u8, per_lot: u64) -> Sent {
        self.publish_mark(asset, per_lot);
        self.refresh(&[asset])
    }

    /// Publishes a price for each of an asset's feeds now, fully verified, with a confidence of 0.05 %.
    pub fn publish_mark(&mut self, asset: u8, per_lot: u64) {
        let (row, now) = (self.row(asset), self.chain.now());
        for feed in pyth::Feed::of(&row) {
            self.chain.set_account(feed.address(), feed.account(per_lot, now));
        }
    }

    /// Writes an update into its feed's account.
    pub fn publish(&mut self, update: &Update) {
        self.chain.set_account(pyth::feed_address(&update.feed_id), update.to_account());
    }

    /// Brings these assets' feeds onto the board.
    pub fn refresh(&mut self, assets: &[u8]) -> Sent {
        let mut feeds = Vec::new();
        for asset in assets {
            feeds.extend(pyth::Feed::of(&self.row(*asset)).map(|feed| (*asset, feed.address())));
        }
        let refresh = self.at.refresh_prices(&feeds);
        self.chain.send(&[refresh], &[&self.payer])
    }

    /// Moves the clock and publishes every mark again, so that all prices are fresh.
    pub fn advance(&mut self, seconds: i64) -> Result<(), Box<Refusal>> {
        let now = self.chain.now() + seconds;
        self.chain.set_now(now);
        for (asset, row) in self.board().rows.iter().enumerate() {
            if row.mark > 0 {
                self.set_mark(asset as u8, row.mark)?;
            }
        }
        Ok(())
    }

    // ---- reading ----------------------------------------------------------------------------------------------

    pub fn board(&mut self) -> Board {
        let account = self.chain.account(&self.at.board).expect("the board exists");
        Board::decode(&account.data).expect("the board decodes")
    }

    pub fn row(&mut self, asset: u8) -> AssetRow {
        self.board().rows[asset as usize]
    }

    pub fn margin(&mut self, address: &Address) -> MarginAccountView {
        let account = self.chain.account(address).expect("the margin account exists");
        MarginAccountView::decode(&account.data).expect("the margin account decodes")
    }

    pub fn market(&mut self, index: u8) -> firebreak::state::Market {
        let account = self.chain.account(&self.at.market(index)).expect("the market exists");
        firebreak_client::decode(&account.data).expect("the market decodes")
    }

    /// Everything that counts money.
    pub fn ledger(&mut self) -> Ledger {
        let accounts = self.chain.program_accounts();
        let vaults = [self.at.quote_vault, self.at.insurance_vault].map(|vault| self.chain.account(&vault));
        Ledger::read(&self.at, &accounts, vaults)
    }

    /// The identities that do not hold now.
    pub fn violations(&mut self) -> Vec<String> {
        let donated = self.donated;
        self.ledger().violations(donated)
    }

    /// The offer of an actor in a market.
    pub fn offer_address(&self, maker: &Actor, market: u8) -> Address {
        addresses::offer(&maker.margin, market)
    }
}
