//! An operation as the instruction that its actors would send.

use firebreak::instructions::OfferTerms;
use firebreak_client::{addresses::vault, instructions as ix, instructions::TokenSide};
use solana_instruction::Instruction;
use solana_signer::Signer;

use crate::{
    simulation::{
        cast::{Cast, PAYER, TOKENS, VAULT, owner_of, sub_id_of},
        operation::{Operation, Party, Terms},
    },
    world::World,
};

/// The instruction for an operation; of operations that are none, an empty refresh.
pub fn instruction<C>(cast: &Cast, world: &World<C>, operation: &Operation) -> Instruction {
    use Operation::*;
    let (at, payer) = (&cast.at, cast.address(PAYER));
    let tokens = |key: u8, token: u8| TokenSide {
        mint: cast.mints[token as usize % TOKENS].pubkey(),
        token_program: world.token_program,
        token_account: if key == VAULT {
            vault(&at.bank(token))
        } else {
            cast.wallets[key as usize][token as usize % TOKENS]
        },
    };
    let key = |key: u8| cast.address(key);
    match *operation {
        CreateAccount { account, capacity, isolated_market } => {
            at.create_margin_account(payer, key(owner_of(account)), sub_id_of(account), capacity, isolated_market)
        }
        GrowAccount { signer, account, capacity } => {
            ix::grow_margin_account(payer, key(signer), cast.margin(account), capacity)
        }
        CloseAccount { signer, account } => ix::close_margin_account(key(signer), cast.margin(account), payer),
        SetDelegate { signer, account, delegate } => ix::set_delegate(key(signer), cast.margin(account), key(delegate)),
        Deposit { bank, depositor, source, account, amount } => {
            at.deposit(bank, key(depositor), cast.margin(account), tokens(source, bank), amount)
        }
        Withdraw { bank, signer, destination, account, amount } => {
            at.withdraw(bank, key(signer), cast.margin(account), tokens(destination, bank), amount)
        }
        FundTranche { market, amount } => at.fund_tranche(market, payer, tokens(PAYER, 0), amount),
        PlaceOffer { .. } | UpdateOffer { .. } | CancelOffer { .. } | TakeOffer { .. } => offering(cast, operation),
        Trade { buyer, seller, market, lots, price } => {
            at.trade(market, side(cast, buyer), side(cast, seller), lots, price)
        }
        Settle { ref accounts, market } => {
            at.settle(market, &accounts.iter().map(|account| cast.margin(*account)).collect::<Vec<_>>())
        }
        AutoDeleverage { account, market } => at.auto_deleverage(market, cast.margin(account)),
        LiquidateCollateral { buyer, seller, bank, amount, max_paid } => {
            let (trader, account) = side(cast, buyer);
            at.liquidate_collateral(bank, trader, account, cast.margin(seller), amount, max_paid)
        }
        UpdateFunding { market } => at.update_funding(market),
        SweepInsurance { market } => at.sweep_insurance(market, cast.mints[0].pubkey(), world.token_program),
        Stake { staker, source, amount, ref markets } => {
            at.stake_insurance(payer, key(staker), tokens(source, 0), amount, markets)
        }
        RequestUnstake { signer, staker, shares } => {
            let mut request = at.request_unstake(key(staker), shares);
            request.accounts[0].pubkey = key(signer);
            request
        }
        Unstake { signer, staker, destination, ref markets, recall } => {
            let mut unstake = at.unstake(key(staker), tokens(destination, 0), markets);
            unstake.accounts[0].pubkey = key(signer);
            let first = unstake.accounts.len() - markets.len();
            for (meta, market) in unstake.accounts[first..].iter_mut().zip(markets) {
                meta.is_writable = recall >> market & 1 == 1;
            }
            unstake
        }
        ReportDeficit { account } => at.report_deficit(cast.margin(account)),
        Liquidate { liquidator, liquidatee, market, max_lots, limit_price } => {
            let (trader, account) = side(cast, liquidator);
            at.liquidate(market, trader, account, cast.margin(liquidatee), max_lots, limit_price)
        }
        RefreshPrices { ref pairs, .. } => {
            let pairs: Vec<_> = pairs.iter().map(|(asset, from)| (*asset, cast.feed_address(*from))).collect();
            at.refresh_prices(&pairs)
        }
        Poke { market } => at.poke(market),
        TripBreaker { signer, market, level, seconds } => at.trip_breaker(key(signer), market, level, seconds, 0),
        ResetBreaker { signer, market } => at.reset_breaker(key(signer), market),
        PassTime { .. } | Donate { .. } | Forged { .. } => at.refresh_prices(&[]),
    }
}

fn side(cast: &Cast, party: Party) -> (solana_address::Address, solana_address::Address) {
    (cast.address(party.signer), cast.margin(party.account))
}

/// Offers, whose account may be another maker's or market's than the instruction says.
fn offering(cast: &Cast, operation: &Operation) -> Instruction {
    use Operation::*;
    let (at, payer) = (&cast.at, cast.address(PAYER));
    let stored = |(maker, market): (u8, u8)| cast.offers[maker as usize][market as usize].0;
    let (mut built, slot, offer) = match *operation {
        PlaceOffer { signer, maker, market, terms } => {
            let place = at.place_offer(market, payer, cast.address(signer), cast.margin(maker), offer_terms(terms));
            return place;
        }
        UpdateOffer { signer, maker, offer, terms } => {
            let (trader, margin) = (cast.address(signer), cast.margin(maker));
            (ix::update_offer(offer.1, trader, margin, offer_terms(terms)), 2, offer)
        }
        CancelOffer { signer, maker, offer } => {
            let receiver = cast.address(owner_of(maker));
            (ix::cancel_offer(offer.1, cast.address(signer), cast.margin(maker), receiver), 2, offer)
        }
        TakeOffer { taker, maker, offer, market, lots, limit_price } => {
            let (trader, account) = side(cast, taker);
            (at.take_offer(market, trader, account, cast.margin(maker), lots, limit_price), 3, offer)
        }
        _ => return at.refresh_prices(&[]),
    };
    built.accounts[slot].pubkey = stored(offer);
    built
}

fn offer_terms(terms: Terms) -> OfferTerms {
    let Terms { bid_lots, ask_lots, bid_spread_bps, ask_spread_bps, expires_at } = terms;
    OfferTerms { bid_lots, ask_lots, bid_spread_bps, ask_spread_bps, expires_at }
}
