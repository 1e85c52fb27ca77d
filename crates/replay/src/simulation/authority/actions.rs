//! Carrying moves out on the chain.

use firebreak::{governance::Change, state::CROSS};
use firebreak_client::instructions::TokenSide;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

use crate::{
    chain::{Chain, Receipt, Refusal},
    listing::DOLLAR,
    litesvm_chain::LiteSvmChain,
    simulation::authority::{
        Stage,
        moves::{Move, Mover, bank, wallet},
    },
    world::{World, keypair},
};

const START: i64 = 1_760_000_000;

type Sent = Result<Receipt, Box<Refusal>>;

/// A sealed clearinghouse with positions, collateral, stakers and tranches.
pub fn set_up(chain: LiteSvmChain) -> Result<(Stage, Mover), Box<Refusal>> {
    let mut world = World::with_majors(chain, START)?;
    let mut actors = Vec::new();
    for name in ["alice", "bob", "carol", "mallory"] {
        actors.push(world.actor(name, 8, 20_000 * DOLLAR)?);
    }
    let mints: Vec<_> = (1..=4).map(|index| keypair(&format!("token {index}"))).collect();
    let mallory = actors[3].address();
    for (index, mint) in mints.iter().enumerate() {
        world.create_mint(mint, 9)?;
        let tokens = wallet(index);
        world.create_token_account(&tokens, &mint.pubkey(), &mallory)?;
        world.mint_to(&mint.pubkey(), &tokens.pubkey(), 1 << 60)?;
    }
    let (payer, authority) = (world.payer.pubkey(), world.authority.pubkey());
    let add = world.at.add_collateral_bank(payer, authority, mints[0].pubkey(), world.token_program, 1, bank(0));
    world.chain.send(&[add], &[&world.payer, &world.authority])?;
    world.trade(0, &actors[0], &actors[1], 2_000, 1_500_000)?;
    world.trade(1, &actors[2], &actors[3], 1_000, 1_200_000)?;
    world.fund_tranche(0, 1_000 * DOLLAR)?;
    let staker_tokens = actors[0].tokens;
    world.mint_to(&world.mint.pubkey(), &staker_tokens, 1_000 * DOLLAR)?;
    world.stake(&actors[0], 1_000 * DOLLAR)?;
    world.seal()?;
    Ok((world, Mover { actors, mints }))
}

impl Mover {
    /// Whether it was accepted.
    pub fn carry_out(&self, next: &Move, world: &mut Stage) -> bool {
        let (payer, root) = (world.payer.pubkey(), world.clearinghouse());
        let at = world.at;
        let call = match next {
            Move::Propose { change } => at.propose(root.proposal_count, payer, root.authority, *change),
            Move::Execute { id, by, swapped } => {
                if root.proposal_count == 0 {
                    return false;
                }
                let change = world.proposed(*id);
                let mut call = at.execute_proposal(*id, *by, &change);
                if let (true, Some(target)) = (*swapped, call.accounts.get_mut(4)) {
                    let others = [at.market(1), at.market(2), at.bank(0), at.insurance_fund];
                    target.pubkey = others[*id as usize % 4];
                }
                call
            }
            Move::Veto { id, by } => at.veto_proposal(*id, *by),
            Move::SetUp { change, id } => {
                let call = set_up_call(world, root.authority, change);
                if let Some(id) = id { at.under_proposal(*id, call) } else { call }
            }
            Move::Seal => at.seal(root.authority),
            Move::Trip { market, level, seconds } => at.trip_breaker(root.authority, *market, *level, *seconds, 0),
            _ => return self.ordinary(next, world).is_ok(),
        };
        let payer = keypair("payer");
        world.chain.send(&[call], &[&payer]).is_ok()
    }

    fn ordinary(&self, next: &Move, world: &mut Stage) -> Sent {
        match *next {
            Move::Trade { market, buyer, seller, lots } => {
                let mark = world.row(market).mark;
                world.trade(market, &self.actors[buyer], &self.actors[seller], lots, mark)
            }
            Move::Deposit { bank, amount } => {
                let mallory = &self.actors[3];
                let (mint, token_account) = match usize::from(bank) {
                    0 => (world.mint.pubkey(), mallory.tokens),
                    other => (self.mints[other - 1].pubkey(), wallet(other - 1).pubkey()),
                };
                let side = TokenSide { mint, token_program: world.token_program, token_account };
                let deposit = world.at.deposit(bank, mallory.address(), mallory.margin, side, amount);
                world.chain.send(&[deposit], &[&mallory.key])
            }
            Move::Liquidate { market, liquidator, liquidatee } => {
                let victim = self.actors[liquidatee].margin;
                world.liquidate(market, &self.actors[liquidator], &victim, u64::MAX, u64::MAX)
            }
            Move::Price { asset, per_lot } => world.set_mark(asset, per_lot),
            Move::Time { seconds } => {
                let now = world.chain.now();
                world.chain.set_now(now + seconds);
                (0..3).try_for_each(|asset| {
                    let mark = world.row(asset).mark;
                    world.set_mark(asset, mark).map(drop)
                })?;
                Ok(Receipt::default())
            }
            _ => Ok(Receipt::default()),
        }
    }
}

fn set_up_call(world: &Stage, authority: Address, change: &Change) -> Instruction {
    let (at, payer) = (world.at, world.payer.pubkey());
    match *change {
        Change::AddAsset { config } => at.add_asset(payer, authority, config),
        Change::AddMarket { index, config } => at.add_market(payer, authority, index, config),
        Change::AddCollateralBank { index, mint, config } => {
            at.add_collateral_bank(payer, authority, mint, world.token_program, index, config)
        }
        Change::SetPricePrograms { programs } => at.set_price_programs(authority, programs),
        Change::ResetBreaker { market } => at.reset_breaker(authority, market),
        _ => at.create_margin_account(payer, payer, 0, 4, CROSS),
    }
}
