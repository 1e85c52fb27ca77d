//! Who lost what between two moments, account by account, to the atom.

use std::collections::{BTreeMap, BTreeSet};

use firebreak_client::{Board, MarginAccountView};
use serde::Serialize;
use solana_address::Address;

use crate::ledger::Ledger;

use super::{
    timeline::symbol,
    waterfall::{Burden, Waterfall},
};

/// Accounts that a table names, the most charged first; the others are summed up.
const NAMED: usize = 12;

/// An account's cash and what its positions are worth at mark, as if touched; without what it has pledged.
pub fn worth(account: &MarginAccountView, board: &Board) -> i128 {
    let mark = |asset: u8| board.rows.get(asset as usize).map_or(0, |row| i128::from(row.mark));
    let mut worth = i128::from(account.header.cash);
    for position in account.positions() {
        let leg = board.rows.get(position.market as usize).and_then(|row| row.leg(position).ok());
        let leg = leg.unwrap_or_else(|| position.leg());
        worth += i128::from(leg.size) * mark(position.market) - i128::from(leg.entry);
    }
    worth
}

/// What the markets themselves own: fees, and their own position.
pub fn own_worth(ledger: &Ledger, board: &Board) -> i128 {
    let of = |market: &firebreak::state::Market| {
        let mark = board.rows.get(market.index as usize).map_or(0, |row| row.mark);
        i128::from(market.fees) + i128::from(market.protocol_fees) + i128::from(market.dust_size) * i128::from(mark)
            - i128::from(market.dust_entry)
            - i128::from(market.carry)
    };
    ledger.markets.values().map(of).sum()
}

/// What insures: the fund's vault and the tranches.
pub fn insurance_worth(ledger: &Ledger) -> i128 {
    let tranches: i128 = ledger.markets.values().map(|market| i128::from(market.tranche)).sum();
    tranches + ledger.fund.map_or(0, |fund| i128::from(fund.assets))
}

/// Everybody's money at one moment, atoms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub time: i64,
    /// By margin account.
    pub accounts: BTreeMap<Address, Belongings>,
    pub insurance: i128,
    pub own: i128,
    /// The mark of what is pledged.
    pub mark: u64,
}

/// What somebody has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Belongings {
    /// In the account and in its owner's wallet, atoms.
    pub quote: i128,
    /// Lots of collateral.
    pub pledged: u64,
    /// Whether a position is open.
    pub is_open: bool,
}

impl Belongings {
    fn at(&self, mark: u64) -> i128 {
        self.quote + i128::from(self.pledged) * i128::from(mark)
    }
}

/// One line of who lost what, collateral at the later mark. Law: `before + trading + insurance + deleveraging` is `after`, and over all lines the three
/// between add up to zero each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LossRow {
    pub name: String,
    pub accounts: usize,
    /// Of the market that was deleveraged, signed; 0 where the line is not one account's.
    pub lots: i64,
    pub market: &'static str,
    pub before_atoms: i128,
    /// Prices, fees, penalties: everything but the next two.
    pub trading_atoms: i128,
    pub insurance_atoms: i128,
    pub deleveraging_atoms: i128,
    pub after_atoms: i128,
    /// What the deleveraging had to take by the lots held, rounded down; the rest of what it took is rounding.
    pub share_atoms: u128,
}

impl LossRow {
    fn moved(mut self, before: i128, after: i128) -> Self {
        self.before_atoms += before;
        self.after_atoms += after;
        self.trading_atoms = self.after_atoms - self.before_atoms - self.insurance_atoms - self.deleveraging_atoms;
        self
    }

    fn join(&mut self, other: &Self) {
        self.accounts += other.accounts;
        self.before_atoms += other.before_atoms;
        self.trading_atoms += other.trading_atoms;
        self.insurance_atoms += other.insurance_atoms;
        self.deleveraging_atoms += other.deleveraging_atoms;
        self.after_atoms += other.after_atoms;
        self.share_atoms += other.share_atoms;
    }
}

/// Everything that bankruptcies moved.
#[derive(Clone, Debug, Default)]
pub struct Losses {
    /// By market: who went bankrupt, and the sums.
    pub waterfalls: BTreeMap<u8, (BTreeSet<Address>, Waterfall)>,
    pub adl_events: u64,
    pub deleveraged_lots: u64,
    /// By the charged position's account.
    pub burdens: BTreeMap<Address, Burden>,
    /// What was paid for a bankrupt account, by it.
    pub relief: BTreeMap<Address, Waterfall>,
    /// Before the gap, and after the last deleveraging.
    pub before: Option<Standing>,
    pub after: Option<Standing>,
}

impl Losses {
    /// Adds a loss that was resolved.
    pub fn resolved(&mut self, market: u8, bankrupt: Address, paid: &Waterfall) {
        let (accounts, sum) = self.waterfalls.entry(market).or_default();
        accounts.insert(bankrupt);
        sum.add(paid);
        self.relief.entry(bankrupt).or_default().add(paid);
    }

    pub fn sum(&self) -> Waterfall {
        let mut sum = Waterfall::default();
        self.waterfalls.values().for_each(|(_, of_market)| sum.add(of_market));
        sum
    }

    /// What positions gave up beyond what was charged to them, atoms.
    pub fn roundings(&self) -> i128 {
        let taken: i128 = self.burdens.values().map(|burden| burden.taken).sum();
        taken - i128::from(self.sum().side)
    }

    /// What every lot of a side gave up, in atoms, rounded down; `None` where it is not one side of one market.
    pub fn per_lot(&self) -> Option<u128> {
        let first = self.burdens.values().next()?;
        let is_same = |burden: &Burden| burden.market == first.market && (burden.lots > 0) == (first.lots > 0);
        let lots: u128 = self.burdens.values().map(|burden| u128::from(burden.lots.unsigned_abs())).sum();
        self.burdens.values().all(is_same).then(|| u128::from(self.sum().side) / lots.max(1))
    }

    /// When the two standings were taken.
    pub fn times(&self) -> (i64, i64) {
        let time = |standing: &Option<Standing>| standing.as_ref().map_or(0, |standing| standing.time);
        (time(&self.before), time(&self.after))
    }

    /// The lines between the two standings; none where nothing was deleveraged. `name` tells whose an account is.
    pub fn rows(&self, name: impl Fn(&Address) -> String) -> Vec<LossRow> {
        let (Some(before), Some(after)) = (&self.before, &self.after) else { return vec![] };
        let mut charged = Vec::new();
        let sum = |name: &str| LossRow { name: name.to_owned(), ..LossRow::default() };
        let (mut bankrupt, mut others, mut flat) =
            (sum("bankrupt accounts"), sum("other accounts with positions"), sum("accounts without positions"));
        for (address, has) in &after.accounts {
            let had = before.accounts.get(address).copied().unwrap_or_default();
            let mut row = LossRow { name: name(address), accounts: 1, ..LossRow::default() };
            let relief = self.relief.get(address);
            if let Some(relief) = relief {
                row.insurance_atoms = i128::from(relief.tranche);
                row.deleveraging_atoms = i128::from(relief.side) + i128::from(relief.fees);
            }
            let burden = self.burdens.get(address);
            if let Some(burden) = burden {
                (row.lots, row.market, row.share_atoms) = (burden.lots, symbol(burden.market), burden.share);
                row.deleveraging_atoms -= burden.taken;
            }
            row = row.moved(had.at(after.mark), has.at(after.mark));
            match (relief.is_some(), burden.is_some(), had.is_open) {
                (true, ..) => bankrupt.join(&row),
                (false, true, _) => charged.push(row),
                (false, false, true) => others.join(&row),
                (false, false, false) => flat.join(&row),
            }
        }
        charged.sort_by_key(|row| (row.deleveraging_atoms, row.name.clone()));
        // One more is named, too.
        let named = if charged.len() <= NAMED + 1 { charged.len() } else { NAMED };
        let mut more = sum("more, summed up");
        charged.split_off(named).iter().for_each(|row| more.join(row));
        let paid = self.sum();
        let insurance = LossRow { insurance_atoms: -i128::from(paid.tranche), ..sum("insurance fund and tranches") };
        let own_atoms = self.roundings() - i128::from(paid.fees);
        let own = LossRow { deleveraging_atoms: own_atoms, ..sum("fees and roundings") };
        charged.extend([more, bankrupt, others, flat].into_iter().filter(|row| row.accounts > 0));
        charged.push(insurance.moved(before.insurance, after.insurance));
        charged.push(own.moved(before.own, after.own));
        charged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(name: u8) -> Address {
        Address::new_from_array([name; 32])
    }

    fn standing(accounts: &[(u8, i128, bool)], insurance: i128, own: i128) -> Standing {
        let belongings = |(name, quote, is_open): &(u8, i128, bool)| {
            (at(*name), Belongings { quote: *quote, pledged: 0, is_open: *is_open })
        };
        let accounts = accounts.iter().map(belongings).collect();
        Standing { accounts, insurance, own, ..Standing::default() }
    }

    #[test]
    fn every_column_adds_up_to_nothing_and_the_flat_lose_nothing() {
        // 1 went bankrupt for 1,000: its cash 700, the tranche 100, the side 200. 2 and 3 are the side, 4 is flat.
        let paid = Waterfall { loss: 1_000, cash: 700, tranche: 100, side: 200, fees: 0, waiting: 0 };
        let mut losses = Losses::default();
        losses.resolved(0, at(1), &paid);
        for (name, lots, taken) in [(2, -30, 151), (3, -10, 51)] {
            let burden = Burden { lots, taken, share: 50 * lots.unsigned_abs() as u128 / 10, events: 1, market: 0 };
            losses.burdens.insert(at(name), burden);
        }
        let before = [(1, 700, true), (2, 5_000, true), (3, 4_000, true), (4, 60, false), (5, 80, true)];
        let after = [(1, 0, false), (2, 5_599, true), (3, 4_199, true), (4, 60, false), (5, 80, true)];
        losses.before = Some(standing(&before, 500, 7));
        losses.after = Some(standing(&after, 400, 9));
        // 5 sells 2 of its 3 pledged lots to 4 for 15 each; they are worth 20 in the end.
        let set = |standing: &mut Option<Standing>, name, pledged, quote| {
            let standing = standing.as_mut().unwrap();
            standing.mark = if quote == 0 { 50 } else { 20 };
            let has = standing.accounts.get_mut(&at(name)).unwrap();
            (has.pledged, has.quote) = (pledged, has.quote + quote);
        };
        set(&mut losses.before, 5, 3, 0);
        set(&mut losses.after, 5, 1, 30);
        set(&mut losses.after, 4, 2, -30);

        let rows = losses.rows(|address| format!("actor {}", address.to_bytes()[0]));
        let columns = |column: fn(&LossRow) -> i128| rows.iter().map(column).sum::<i128>();
        assert_eq!(columns(|row| row.trading_atoms), 0);
        assert_eq!(columns(|row| row.insurance_atoms), 0);
        assert_eq!(columns(|row| row.deleveraging_atoms), 0);
        let names: Vec<_> =
            rows.iter().map(|row| (row.name.as_str(), row.trading_atoms, row.deleveraging_atoms)).collect();
        let expected = [
            ("actor 2", 750, -151),
            ("actor 3", 250, -51),
            ("bankrupt accounts", -1_000, 200),
            ("other accounts with positions", -10, 0),
            ("accounts without positions", 10, 0),
            ("insurance fund and tranches", 0, 0),
            ("fees and roundings", 0, 2),
        ];
        assert_eq!(names, expected);
        assert_eq!((losses.roundings(), losses.per_lot()), (2, Some(5)));
        losses.burdens.insert(at(4), Burden { lots: 1, ..Burden::default() });
        assert_eq!(losses.per_lot(), None);
    }

    #[test]
    fn where_many_are_charged_the_least_charged_are_summed_up() {
        let mut losses = Losses::default();
        let mut everybody = Vec::new();
        for number in 0..20 {
            let taken = 100 + i128::from(number);
            losses.burdens.insert(at(number), Burden { lots: -5, taken, ..Burden::default() });
            everybody.push((number, 1_000, true));
        }
        losses.before = Some(standing(&everybody, 0, 0));
        losses.after = losses.before.clone();
        let rows = losses.rows(|address| address.to_string());
        assert_eq!(rows.len(), NAMED + 3);
        assert_eq!((rows[0].deleveraging_atoms, rows[NAMED].accounts), (-119, 8));
        assert_eq!(rows[NAMED].deleveraging_atoms, -(100..108).sum::<i128>());
    }
}
