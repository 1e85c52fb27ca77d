//! What a proposal changes, field by field, and what is in force: as the program's own tables of parameters have it.

use bytemuck::Zeroable;
use firebreak::{
    governance::{AssetParameters, BankParameters, Change, FundParameters, Parameters},
    instructions::MarketConfig,
    state::{AssetRow, CollateralBank, InsuranceFund, Market, Proposal, RiskBoard},
};
use firebreak_replay::simulation::dice::Dice;
use serde_json::{Value, json};

use crate::{
    changes::changes,
    layouts::{account, random, slab},
    page::{Page, bytes, figure},
};

/// The fields of a change as the page should read them.
fn fields<P: Parameters>(old: &P, new: &P) -> Value {
    let (old, new) = (old.values(), new.values());
    let field = |(index, rule): (usize, &risk::Rule)| {
        let part = index..index + 1;
        let (old, new) = (&old.as_ref()[part.clone()], &new.as_ref()[part.clone()]);
        let step = risk::require_step(&P::RULES[part.clone()], old, new).map_err(firebreak::FirebreakError::from);
        json!({
            "name": rule.name,
            "old": figure(old[0]),
            "new": figure(new[0]),
            "direction": risk::direction(&P::RULES[part], old, new) as u8,
            "refusal": step.err().map(|error| format!("{error:?}")),
        })
    };
    P::RULES.iter().enumerate().map(field).collect()
}

fn proposal<P: Parameters>(change: &Change, old: &P) -> Value {
    let mut proposal = Proposal { change: change.encoded().unwrap(), ..Proposal::zeroed() };
    let kept = bytemuck::cast_slice(old.values().as_ref()).to_vec();
    proposal.before[..kept.len()].copy_from_slice(&kept);
    json!({ "bytes": bytes(&account(&proposal)) })
}

fn values<P: Parameters>(parameters: &P) -> Value {
    parameters.values().as_ref().iter().map(figure).collect()
}

#[test]
fn a_proposal_and_what_is_in_force_read_as_the_program_has_them() {
    let (mut page, mut dice) = (Page::open(), Dice::new(31));
    for _ in 0..10 {
        let row = random::<AssetRow>(&mut dice);
        let market = Market { depth_lots: u64::from(dice.bits() as u32), ..random(&mut dice) };
        let (bank, fund) = (random::<CollateralBank>(&mut dice), random::<InsuranceFund>(&mut dice));
        let bank = CollateralBank { index: 1, ..bank };
        let board = json!({ "bytes": bytes(&slab(&RiskBoard::zeroed(), &[row])), "row": 0 });
        let of = |data: Vec<u8>| json!({ "bytes": bytes(&data) });
        let in_force = [
            ("asset", json!([board]), values(&AssetParameters::of(&row))),
            ("market", json!([of(account(&market)), board]), values(&MarketConfig::of(&market, &row))),
            ("bank", json!([of(account(&bank)), board]), values(&BankParameters::of(&bank, Some(&row)))),
            ("fund", json!([of(account(&fund))]), values(&FundParameters::of(&fund))),
        ];
        for (set, accounts, expected) in in_force {
            assert_eq!(page.ask("values", json!({ "set": set, "accounts": accounts })), expected, "{set}");
        }
        for change in changes(&mut dice) {
            let (set, question, expected) = match &change {
                Change::Asset { parameters, .. } => {
                    let old = AssetParameters::of(&row);
                    (json!("asset"), proposal(&change, &old), fields(&old, parameters))
                }
                Change::Market { parameters, .. } => {
                    let old = MarketConfig::of(&market, &row);
                    (json!("market"), proposal(&change, &old), fields(&old, parameters))
                }
                Change::Bank { parameters, .. } => {
                    let old = BankParameters::of(&bank, Some(&row));
                    (json!("bank"), proposal(&change, &old), fields(&old, parameters))
                }
                Change::Fund { parameters } => {
                    let old = FundParameters::of(&fund);
                    (json!("fund"), proposal(&change, &old), fields(&old, parameters))
                }
                _ => (Value::Null, proposal(&change, &FundParameters::of(&fund)), json!([])),
            };
            assert_eq!(page.ask("proposal", question), json!({ "set": set, "fields": expected }), "{change:?}");
        }
    }
}
