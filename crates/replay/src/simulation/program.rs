//! The same operations as real instructions, sent to the program in LiteSVM.

use anyhow::{Context, Result, anyhow};
use firebreak::state::{CircuitBreaker, Clearinghouse, CollateralBank, FeedKind, InsuranceFund, Market};
use firebreak_client::{Board, MarginAccountView, addresses::vault, decode};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{
    chain::{Chain, ERROR_OFFSET, Refusal},
    ledger::token_amount,
    litesvm_chain::LiteSvmChain,
    pyth::{self, Update, Verification},
    simulation::{
        cast::{Cast, DECIMALS, GENESIS, INSURANCE, KEYS, MARKETS, PAYER, TOKENS, VAULTS, WALLET, wallet_key},
        instructions::instruction,
        native::{Outcome, Rejection},
        operation::{Forgery, Operation, Reading},
        state::{Shared, State},
        twin::{self, Twins},
    },
    world::{World, keypair},
};

/// The program, its accounts and a clock.
pub struct ProgramEngine<'c> {
    cast: &'c Cast,
    world: World<LiteSvmChain>,
    twins: Twins,
    donated: [u64; VAULTS],
}

impl<'c> ProgramEngine<'c> {
    /// The clearinghouse of `State::genesis`, on a chain. Error: the program is not built.
    pub fn new(cast: &'c Cast) -> Result<Self> {
        let set_up = |refusal: Box<Refusal>| anyhow!("setting up the chain: {refusal}");
        let mut world = World::listed(LiteSvmChain::new()?, GENESIS, &cast.listings).map_err(set_up)?;
        for (mint, decimals) in cast.mints.iter().zip(DECIMALS).skip(1) {
            world.create_mint(mint, decimals).map_err(set_up)?;
        }
        twin::open_banks(cast, &mut world).map_err(set_up)?;
        for (index, key) in cast.keys.iter().enumerate().take(KEYS) {
            let account = Account { lamports: 1_000_000_000_000, rent_epoch: u64::MAX, ..Account::default() };
            world.chain.set_account(key.pubkey(), account);
            for (token, amount) in WALLET.into_iter().enumerate() {
                let mint = cast.mints[token].pubkey();
                world.create_token_account(&wallet_key(index, token), &mint, &key.pubkey()).map_err(set_up)?;
                world.mint_to(&mint, &cast.wallets[index][token], amount).map_err(set_up)?;
            }
        }
        let twins = twin::create(cast, &mut world)?;
        Ok(Self { cast, world, twins, donated: [0; VAULTS] })
    }

    /// Carries an operation out, or reports why the chain refused it.
    pub fn apply(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::PassTime { seconds } => {
                let now = self.world.chain.now();
                self.world.chain.set_now(now + seconds);
                return Ok(());
            }
            Operation::Donate { vault, amount } => {
                self.donate(*vault, *amount);
                return Ok(());
            }
            Operation::RefreshPrices { readings, .. } => readings.iter().for_each(|reading| self.publish(reading)),
            Operation::Forged { operation, slot, forgery } => {
                let instruction = instruction(self.cast, &self.world, operation);
                let forged = self.forge(instruction, *slot as usize, *forgery);
                return self.send(forged);
            }
            _ => {}
        }
        let instruction = instruction(self.cast, &self.world, operation);
        self.send(instruction)
    }

    fn send(&mut self, instruction: Instruction) -> Outcome {
        let needed =
            |key: &&Keypair| instruction.accounts.iter().any(|meta| meta.is_signer && meta.pubkey == key.pubkey());
        let payer = &self.cast.keys[PAYER as usize];
        let mut signers = vec![payer];
        signers.extend(self.cast.keys.iter().filter(|key| key.pubkey() != payer.pubkey()).filter(needed));
        match self.world.chain.send(std::slice::from_ref(&instruction), &signers) {
            Ok(_) => Ok(()),
            Err(refusal) => Err(match refusal.code() {
                Some(code) if code >= ERROR_OFFSET => Rejection::Program(code),
                _ => Rejection::Framework,
            }),
        }
    }

    /// The vault of a bank, or the insurance fund's.
    fn vault(&self, index: usize) -> Address {
        let at = &self.cast.at;
        if index == INSURANCE { at.insurance_vault } else { vault(&at.bank(index as u8)) }
    }

    fn donate(&mut self, to: u8, amount: u64) {
        let address = self.vault(to as usize);
        let mut vault = self.world.chain.account(&address).unwrap_or_default();
        let held = token_amount(&vault) + amount;
        vault.data[64..72].copy_from_slice(&held.to_le_bytes());
        self.world.chain.set_account(address, vault);
        self.donated[to as usize] += amount;
    }

    fn publish(&mut self, reading: &Reading) {
        let Reading { price, confidence, exponent, publish_time, verification, .. } = *reading;
        let address = self.cast.feed_address(reading.feed);
        let (kind, feed_id) = self.cast.feed(reading.feed);
        if kind == FeedKind::PythLegacy {
            let mut account = pyth::legacy_account(price, confidence, exponent, publish_time);
            const STATUS: usize = 224;
            account.data[STATUS] = if verification == Verification::Full { 1 } else { 2 }; // trading, halted
            if !reading.is_accepted_owner {
                account.owner = keypair("another oracle").pubkey();
            }
            self.world.chain.set_account(address, account);
            return;
        }
        // The update's previous publish time must not underflow where this one is the least there is.
        let update =
            Update { feed_id, verification, price, confidence, exponent, publish_time: publish_time.max(i64::MIN + 1) };
        let mut bytes = update.to_bytes();
        if publish_time == i64::MIN {
            bytes[93..101].copy_from_slice(&publish_time.to_le_bytes());
        }
        let owner = if reading.is_accepted_owner { pyth::RECEIVER } else { keypair("another oracle").pubkey() };
        self.world.chain.set_account(address, pyth::oracle_account(bytes, owner));
    }

    /// Replaces one account of an instruction.
    fn forge(&mut self, mut instruction: Instruction, slot: usize, forgery: Forgery) -> Instruction {
        let honest = instruction.accounts[slot].pubkey;
        let at = &self.cast.at;
        match forgery {
            Forgery::Unsigned => {
                let metas = instruction.accounts.iter_mut().filter(|meta| meta.pubkey == honest);
                metas.for_each(|meta| meta.is_signer = false);
            }
            Forgery::Twin if self.twins.contains_key(&honest) => {
                instruction.accounts[slot].pubkey = self.twins[&honest];
            }
            Forgery::Empty | Forgery::Twin => instruction.accounts[slot].pubkey = keypair("nothing is here").pubkey(),
            Forgery::OtherKind => {
                instruction.accounts[slot].pubkey = if honest == at.breaker { at.board } else { at.breaker };
            }
            Forgery::ForeignCopy => {
                let copy = keypair("a copy").pubkey();
                if let Some(account) = self.world.chain.account(&honest).filter(|account| !account.executable) {
                    self.world.chain.set_account(copy, Account { owner: pyth::RECEIVER, ..account });
                }
                instruction.accounts[slot].pubkey = copy;
            }
        }
        instruction
    }

    /// Everything the chain keeps, decoded. Error: an account is missing or does not decode.
    pub fn state(&mut self) -> Result<State> {
        let at = self.cast.at;
        let board = Board::decode(&self.account(&at.board)?.data).context("the board")?;
        let markets =
            (0..MARKETS as u8).map(|market| self.decoded::<Market>(&at.market(market))).collect::<Result<_>>()?;
        let clearinghouse: Clearinghouse = self.decoded(&at.clearinghouse)?;
        let banks =
            (0..TOKENS as u8).map(|bank| self.decoded::<CollateralBank>(&at.bank(bank))).collect::<Result<_>>()?;
        let fund = self.decoded::<InsuranceFund>(&at.insurance_fund)?;
        let breaker = Shared::new(self.decoded::<CircuitBreaker>(&at.breaker)?);
        let cast = self.cast;
        let margin = |(address, _): &(Address, u8)| self.margin(address);
        let accounts = cast.margins.iter().map(margin).collect::<Result<_>>()?;
        let offers = cast.offers.iter();
        let offers =
            offers.map(|own| Shared::new(core::array::from_fn(|market| self.optional(&own[market].0)))).collect();
        let stakes = cast.stakes.iter().map(|(address, _)| self.optional(address)).collect();
        let mut vaults = [0; VAULTS];
        for (index, amount) in vaults.iter_mut().enumerate() {
            *amount = token_amount(&self.account(&self.vault(index))?);
        }
        let mut wallets = vec![[0; TOKENS]; KEYS];
        for (amounts, addresses) in wallets.iter_mut().zip(&cast.wallets) {
            for (amount, address) in amounts.iter_mut().zip(addresses) {
                *amount = token_amount(&self.account(address)?);
            }
        }
        Ok(State {
            now: self.world.chain.now(),
            rows: board.rows,
            markets,
            banks,
            fund,
            breaker,
            guardian_trips: clearinghouse.guardian_trips,
            accounts,
            offers,
            stakes,
            vaults,
            donated: self.donated,
            wallets,
        })
    }

    fn account(&mut self, address: &Address) -> Result<Account> {
        self.world.chain.account(address).ok_or_else(|| anyhow!("there is no account {address}"))
    }

    fn decoded<T: bytemuck::Pod + anchor_lang::Discriminator>(&mut self, address: &Address) -> Result<T> {
        decode(&self.account(address)?.data).with_context(|| format!("account {address}"))
    }

    /// A margin account; none where its address is empty.
    fn margin(&mut self, address: &Address) -> Result<Option<Shared<MarginAccountView>>> {
        match self.world.chain.account(address) {
            Some(account) if account.owner == firebreak_client::PROGRAM_ID => {
                let view = MarginAccountView::decode(&account.data).with_context(|| format!("account {address}"))?;
                Ok(Some(Shared::new(view)))
            }
            _ => Ok(None),
        }
    }

    /// An offer or a stake; none where its address is empty.
    fn optional<T: bytemuck::Pod + anchor_lang::Discriminator>(&mut self, address: &Address) -> Option<T> {
        self.world.chain.account(address).and_then(|account| decode(&account.data).ok())
    }
}
