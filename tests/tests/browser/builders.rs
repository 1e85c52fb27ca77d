//! Every instruction, built by the TypeScript client, is the Rust client's: data, accounts, budget.

use firebreak::{
    governance::Change,
    instructions::{ClearinghouseConfig, OfferTerms},
};
use firebreak_client::{Addresses, Budget, TOKEN_PROGRAM, instructions as ix};
use firebreak_replay::{listing, simulation::dice::Dice};
use serde_json::{Value, json};
use solana_address::Address;
use solana_instruction::Instruction;

use crate::{
    changes::{address, changes},
    page::{Page, big, hex, printed},
};

/// One instruction, the builder's name, and what it is given.
struct Case {
    name: &'static str,
    input: Value,
    instruction: Instruction,
    /// Of a proposal that it is carried out under.
    proposal: Option<u64>,
}

fn case(name: &'static str, input: Value, instruction: Instruction) -> Case {
    Case { name, input, instruction, proposal: None }
}

fn tokens(dice: &mut Dice) -> (ix::TokenSide, Value) {
    let [mint, token_account] = [address(dice), address(dice)];
    let side = ix::TokenSide { mint, token_program: TOKEN_PROGRAM, token_account };
    (
        side,
        json!({ "mint": mint.to_string(), "tokenProgram": TOKEN_PROGRAM.to_string(), "tokenAccount": token_account.to_string() }),
    )
}

fn text(address: Address) -> Value {
    address.to_string().into()
}

fn accounts(at: &Addresses, dice: &mut Dice) -> Vec<Case> {
    let [payer, owner, margin, other] = [(); 4].map(|()| address(dice));
    let (sub_id, amount, bank) = (dice.bits() as u16, dice.bits(), dice.bits() as u8);
    let (capacity, isolated) = (dice.pick(&[4, 8, 16]), dice.bits() as u8);
    let (side, side_text) = tokens(dice);
    vec![
        case(
            "createMarginAccount",
            json!({ "payer": text(payer), "owner": text(owner), "subId": sub_id, "capacity": capacity, "isolatedMarket": isolated }),
            at.create_margin_account(payer, owner, sub_id, capacity, isolated),
        ),
        case(
            "growMarginAccount",
            json!({ "payer": text(payer), "owner": text(owner), "marginAccount": text(margin), "capacity": capacity }),
            ix::grow_margin_account(payer, owner, margin, capacity),
        ),
        case(
            "closeMarginAccount",
            json!({ "owner": text(owner), "marginAccount": text(margin), "rentReceiver": text(other) }),
            ix::close_margin_account(owner, margin, other),
        ),
        case(
            "setDelegate",
            json!({ "owner": text(owner), "marginAccount": text(margin), "delegate": text(other) }),
            ix::set_delegate(owner, margin, other),
        ),
        case(
            "deposit",
            json!({ "bank": bank, "depositor": text(owner), "marginAccount": text(margin), "tokens": side_text, "amount": big(amount) }),
            at.deposit(bank, owner, margin, side, amount),
        ),
        case(
            "withdraw",
            json!({ "bank": bank, "owner": text(owner), "marginAccount": text(margin), "tokens": side_text, "amount": big(amount) }),
            at.withdraw(bank, owner, margin, side, amount),
        ),
    ]
}

fn trading(at: &Addresses, dice: &mut Dice) -> Vec<Case> {
    let [payer, trader, maker, taker, other] = [(); 5].map(|()| address(dice));
    let (market, lots, price) = (dice.bits() as u8, dice.bits() as i64, dice.bits());
    let terms = OfferTerms {
        bid_lots: dice.bits(),
        ask_lots: dice.bits(),
        bid_spread_bps: dice.bits() as u32,
        ask_spread_bps: dice.bits() as u32,
        expires_at: dice.bits() as i64,
    };
    let many: Vec<Address> = (0..dice.below(5)).map(|_| address(dice)).collect();
    let many_text: Vec<Value> = many.iter().copied().map(text).collect();
    let offer = json!({ "market": market, "payer": text(payer), "trader": text(trader), "maker": text(maker), "terms": printed(&terms) });
    let take = json!({ "market": market, "trader": text(trader), "taker": text(taker), "maker": text(maker), "lots": big(lots), "limitPrice": big(price) });
    let sides = json!({
        "market": market,
        "buyer": { "trader": text(trader), "marginAccount": text(taker) },
        "seller": { "trader": text(other), "marginAccount": text(maker) },
        "lots": big(lots.unsigned_abs()),
        "price": big(price),
    });
    vec![
        case("placeOffer", offer.clone(), at.place_offer(market, payer, trader, maker, terms)),
        case("updateOffer", offer, ix::update_offer(market, trader, maker, terms)),
        case(
            "cancelOffer",
            json!({ "market": market, "trader": text(trader), "maker": text(maker), "rentReceiver": text(other) }),
            ix::cancel_offer(market, trader, maker, other),
        ),
        case("takeOffer", take, at.take_offer(market, trader, taker, maker, lots, price)),
        case("trade", sides, at.trade(market, (trader, taker), (other, maker), lots.unsigned_abs(), price)),
        case("settle", json!({ "market": market, "marginAccounts": many_text }), at.settle(market, &many)),
        case(
            "liquidate",
            json!({ "market": market, "trader": text(trader), "liquidator": text(taker), "liquidatee": text(other), "maxLots": big(price), "limitPrice": big(lots.unsigned_abs()) }),
            at.liquidate(market, trader, taker, other, price, lots.unsigned_abs()),
        ),
        case(
            "liquidateCollateral",
            json!({ "bank": market, "trader": text(trader), "buyer": text(taker), "seller": text(other), "amount": big(price), "maxPaid": big(lots.unsigned_abs()) }),
            at.liquidate_collateral(market, trader, taker, other, price, lots.unsigned_abs()),
        ),
        case("autoDeleverage", json!({ "market": market, "bankrupt": text(other) }), at.auto_deleverage(market, other)),
        case("updateFunding", json!({ "market": market }), at.update_funding(market)),
        refresh(at, dice),
    ]
}

/// Assets with one feed and with two.
fn refresh(at: &Addresses, dice: &mut Dice) -> Case {
    let mut feeds = Vec::new();
    for asset in 0..dice.below(6) as u8 {
        (0..1 + dice.below(2)).for_each(|_| feeds.push((asset * 3, address(dice))));
    }
    let named: Vec<Value> =
        feeds.iter().map(|(asset, account)| json!({ "asset": asset, "account": text(*account) })).collect();
    case("refreshPrices", json!({ "feeds": named }), at.refresh_prices(&feeds))
}

fn insurance(at: &Addresses, dice: &mut Dice) -> Vec<Case> {
    let [payer, staker, bankrupt] = [(); 3].map(|()| address(dice));
    let (market, amount) = (dice.bits() as u8, dice.bits());
    let markets: Vec<u8> = (0..dice.below(8) as u8).collect();
    let (side, side_text) = tokens(dice);
    vec![
        case(
            "fundTranche",
            json!({ "market": market, "funder": text(payer), "tokens": side_text, "amount": big(amount) }),
            at.fund_tranche(market, payer, side, amount),
        ),
        case(
            "sweepInsurance",
            json!({ "market": market, "mint": text(side.mint), "tokenProgram": text(side.token_program) }),
            at.sweep_insurance(market, side.mint, side.token_program),
        ),
        case(
            "stake",
            json!({ "payer": text(payer), "staker": text(staker), "tokens": side_text, "amount": big(amount), "markets": markets }),
            at.stake_insurance(payer, staker, side, amount, &markets),
        ),
        case(
            "requestUnstake",
            json!({ "staker": text(staker), "shares": big(amount) }),
            at.request_unstake(staker, amount),
        ),
        case(
            "unstake",
            json!({ "staker": text(staker), "tokens": side_text, "markets": markets }),
            at.unstake(staker, side, &markets),
        ),
        case("reportDeficit", json!({ "bankrupt": text(bankrupt) }), at.report_deficit(bankrupt)),
    ]
}

fn governance(at: &Addresses, dice: &mut Dice) -> Vec<Case> {
    let [payer, authority, signer] = [(); 3].map(|()| address(dice));
    let id = dice.bits();
    let mut cases = vec![
        case("vetoProposal", json!({ "id": big(id), "signer": text(signer) }), at.veto_proposal(id, signer)),
        case("seal", json!({ "authority": text(authority) }), at.seal(authority)),
    ];
    for change in changes(dice) {
        let propose =
            json!({ "id": big(id), "payer": text(payer), "authority": text(authority), "change": printed(&change) });
        cases.push(case("propose", propose, at.propose(id, payer, authority, change)));
        let execute = json!({ "id": big(id), "signer": text(signer), "change": printed(&change) });
        cases.push(case("executeProposal", execute, at.execute_proposal(id, signer, &change)));
    }
    let (market, level, seconds, reason) =
        (dice.bits() as u8, dice.bits() as u8, dice.bits() as u32, dice.bits() as u8);
    let trip =
        json!({ "signer": text(signer), "market": market, "level": level, "seconds": seconds, "reason": reason });
    cases.push(case("tripBreaker", trip, at.trip_breaker(signer, market, level, seconds, reason)));
    cases.push(case("poke", json!({ "market": market }), at.poke(market)));
    let reset = json!({ "authority": text(authority), "market": market });
    cases.push(case("resetBreaker", reset.clone(), at.reset_breaker(authority, market)));
    let instruction = at.under_proposal(id, at.reset_breaker(authority, market));
    cases.push(Case { name: "resetBreaker", input: reset, instruction, proposal: Some(id) });
    cases
}

fn setup(at: &Addresses, id: u64, dice: &mut Dice) -> Vec<Case> {
    let [payer, authority, mint] = [(); 3].map(|()| address(dice));
    let program = TOKEN_PROGRAM;
    let mut cases = Vec::new();
    let config = ClearinghouseConfig { quote_deposit_cap: dice.bits(), ..listing::clearinghouse_config(address(dice)) };
    cases.push(case(
        "createClearinghouse",
        json!({ "id": big(id), "payer": text(payer), "authority": text(authority), "quoteMint": text(mint), "tokenProgram": text(program), "config": printed(&config) }),
        at.create_clearinghouse(id, payer, authority, mint, program, config),
    ));
    for change in changes(dice) {
        let both = json!({ "payer": text(payer), "authority": text(authority) });
        let with = |more: Value| {
            let mut input = both.clone();
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            input
        };
        cases.extend(match change {
            Change::AddAsset { config } => Some(case(
                "addAsset",
                with(json!({ "config": printed(&config) })),
                at.add_asset(payer, authority, config),
            )),
            Change::AddMarket { index, config } => Some(case(
                "addMarket",
                with(json!({ "index": index, "config": printed(&config) })),
                at.add_market(payer, authority, index, config),
            )),
            Change::AddCollateralBank { index, mint, config } => Some(case(
                "addCollateralBank",
                with(json!({ "mint": text(mint), "tokenProgram": text(program), "index": index, "config": printed(&config) })),
                at.add_collateral_bank(payer, authority, mint, program, index, config),
            )),
            Change::SetPricePrograms { programs } => Some(case(
                "setPricePrograms",
                json!({ "authority": text(authority), "programs": printed(&programs) }),
                at.set_price_programs(authority, programs),
            )),
            _ => None,
        });
    }
    cases
}

fn cases(id: u64, dice: &mut Dice) -> Vec<Case> {
    let at = Addresses::of_id(id);
    let parts =
        [accounts(&at, dice), trading(&at, dice), insurance(&at, dice), governance(&at, dice), setup(&at, id, dice)];
    parts.into_iter().flatten().collect()
}

fn meta(meta: &solana_instruction::AccountMeta) -> String {
    let role = match (meta.is_writable, meta.is_signer) {
        (false, false) => "r",
        (true, false) => "w",
        (false, true) => "rs",
        (true, true) => "ws",
    };
    format!("{} {role}", meta.pubkey)
}

#[test]
fn i15_every_instruction_is_the_same_byte_for_byte_in_both_clients() {
    let (mut page, mut dice) = (Page::open(), Dice::new(7));
    let mut built = std::collections::BTreeSet::new();
    for round in 0..20 {
        let id = if round == 0 { 1 } else { dice.bits() };
        for Case { name, input, instruction, proposal } in cases(id, &mut dice) {
            let mut question = json!({ "name": name, "id": big(id), "input": input });
            if let Some(proposal) = proposal {
                question["proposal"] = big(proposal);
            }
            let answer = page.ask("instruction", question);
            let budget = Budget::measured(std::slice::from_ref(&instruction));
            let limits = budget.paying(7).wrap(std::slice::from_ref(&instruction));
            let expected = json!({
                "program": instruction.program_id.to_string(),
                "accounts": instruction.accounts.iter().map(meta).collect::<Vec<_>>(),
                "data": hex(&instruction.data),
                "computeUnits": budget.compute_units,
                "loadedBytes": budget.loaded_bytes,
                "wrapped": limits.iter().map(|each| format!("{} {}", each.program_id, hex(&each.data))).collect::<Vec<_>>(),
            });
            assert_eq!(answer, expected, "{name}");
            built.insert(name);
        }
    }
    let mut offered: Vec<String> = serde_json::from_value(page.ask("builders", json!({}))).unwrap();
    offered.retain(|name| name != "underProposal");
    offered.sort();
    assert_eq!(built.into_iter().collect::<Vec<_>>(), offered, "a builder is tested against nothing");
}

#[test]
fn addresses_are_the_same_in_both_clients() {
    let (mut page, mut dice) = (Page::open(), Dice::new(8));
    for _ in 0..50 {
        let (id, owner, sub_id) = (dice.bits(), address(&mut dice), dice.bits() as u16);
        let (index, proposal) = (dice.bits() as u8, dice.bits());
        let at = Addresses::of_id(id);
        let margin = at.margin_account(&owner, sub_id);
        let expected = json!({
            "clearinghouse": text(at.clearinghouse), "board": text(at.board), "breaker": text(at.breaker),
            "insuranceFund": text(at.insurance_fund), "insuranceVault": text(at.insurance_vault),
            "quoteBank": text(at.quote_bank), "quoteVault": text(at.quote_vault),
            "margin": text(margin),
            "offer": text(firebreak_client::addresses::offer(&margin, index)),
            "market": text(at.market(index)), "bank": text(at.bank(index)), "stake": text(at.stake(&owner)),
            "proposal": text(at.proposal(proposal)),
        });
        let question =
            json!({ "id": big(id), "owner": text(owner), "subId": sub_id, "index": index, "proposal": big(proposal) });
        assert_eq!(page.ask("addresses", question), expected);
    }
}
