//! The same operations as real instructions, sent to the program in LiteSVM.

use anyhow::{Context, Result, anyhow};
use firebreak::state::{CircuitBreaker, Clearinghouse, CollateralBank, Market, Offer};
use firebreak_client::{Board, MarginAccountView, decode};
use solana_account::Account;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::{
    chain::{Chain, ERROR_OFFSET, Refusal},
    ledger::token_amount,
    litesvm_chain::LiteSvmChain,
    pyth::{self, Update},
    simulation::{
        cast::{Cast, GENESIS, KEYS, MARKETS, PAYER, WALLET, listings, wallet_key},
        instructions::instruction,
        native::{Outcome, Rejection},
        operation::{Forgery, Operation, Reading},
        state::State,
        twin::{self, Twins},
    },
    world::{World, keypair},
};

/// The program, its accounts and a clock.
pub struct ProgramEngine<'c> {
    cast: &'c Cast,
    world: World<LiteSvmChain>,
    twins: Twins,
}

impl<'c> ProgramEngine<'c> {
    /// The clearinghouse of `State::genesis`, on a chain. Error: the program is not built.
    pub fn new(cast: &'c Cast) -> Result<Self> {
        let set_up = |refusal: Box<Refusal>| anyhow!("setting up the chain: {refusal}");
        let mut world = World::listed(LiteSvmChain::new()?, GENESIS, &listings()).map_err(set_up)?;
        let mint = world.mint.pubkey();
        for (index, key) in cast.keys.iter().enumerate().take(KEYS) {
            let account = Account { lamports: 1_000_000_000_000, rent_epoch: u64::MAX, ..Account::default() };
            world.chain.set_account(key.pubkey(), account);
            world.create_token_account(&wallet_key(index), &mint, &key.pubkey()).map_err(set_up)?;
            world.mint_to(&mint, &cast.wallets[index], WALLET).map_err(set_up)?;
        }
        let twins = twin::create(cast, &mut world)?;
        Ok(Self { cast, world, twins })
    }

    /// Carries an operation out, or reports why the chain refused it.
    pub fn apply(&mut self, operation: &Operation) -> Outcome {
        match operation {
            Operation::PassTime { seconds } => {
                let now = self.world.chain.now();
                self.world.chain.set_now(now + seconds);
                return Ok(());
            }
            Operation::Donate { amount } => {
                self.donate(*amount);
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

    fn donate(&mut self, amount: u64) {
        let address = self.cast.at.quote_vault;
        let mut vault = self.world.chain.account(&address).unwrap_or_default();
        let held = token_amount(&vault) + amount;
        vault.data[64..72].copy_from_slice(&held.to_le_bytes());
        self.world.chain.set_account(address, vault);
        self.world.donated += amount;
    }

    fn publish(&mut self, reading: &Reading) {
        let Reading { price, confidence, exponent, publish_time, verification, .. } = *reading;
        let feed_id = listings()[reading.feed as usize].asset.feed;
        // The update's previous publish time must not underflow where this one is the least there is.
        let update =
            Update { feed_id, verification, price, confidence, exponent, publish_time: publish_time.max(i64::MIN + 1) };
        let mut bytes = update.to_bytes();
        if publish_time == i64::MIN {
            bytes[93..101].copy_from_slice(&publish_time.to_le_bytes());
        }
        let owner = if reading.is_accepted_owner { pyth::RECEIVER } else { keypair("another oracle").pubkey() };
        self.world.chain.set_account(pyth::feed_address(&feed_id), pyth::oracle_account(bytes, owner));
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
        let (bank, breaker) = (self.decoded::<CollateralBank>(&at.quote_bank)?, self.decoded(&at.breaker)?);
        let breaker: CircuitBreaker = breaker;
        let margins = self.cast.margins.iter().map(|(address, _)| *address).collect::<Vec<_>>();
        let accounts = margins.iter().map(|address| self.margin(address)).collect::<Result<_>>()?;
        let offers: Vec<_> = self.cast.offers.clone();
        let offers = offers.iter().map(|own| core::array::from_fn(|market| self.offer(&own[market].0))).collect();
        let vault = token_amount(&self.account(&at.quote_vault)?);
        let wallets = self.cast.wallets.clone();
        let wallets = wallets.iter().map(|wallet| Ok(token_amount(&self.account(wallet)?))).collect::<Result<_>>()?;
        Ok(State {
            now: self.world.chain.now(),
            rows: board.rows,
            markets,
            bank,
            breaker,
            guardian_trips: clearinghouse.guardian_trips,
            accounts,
            offers,
            vault,
            donated: self.world.donated,
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
    fn margin(&mut self, address: &Address) -> Result<Option<MarginAccountView>> {
        match self.world.chain.account(address) {
            Some(account) if account.owner == firebreak_client::PROGRAM_ID => {
                Ok(Some(MarginAccountView::decode(&account.data).with_context(|| format!("account {address}"))?))
            }
            _ => Ok(None),
        }
    }

    fn offer(&mut self, address: &Address) -> Option<Offer> {
        self.world.chain.account(address).and_then(|account| decode(&account.data).ok())
    }
}
