//! Auto-deleveraging position by position: every event goes to everybody on the side at once, in exact fractions. There is
//! no index here, so that what the indices come to can be judged.

use num_bigint::BigInt;

use super::{Answer, Model, Touched, allow, big, law};
use crate::{fraction::Fraction, operation::ACCOUNTS};

/// Below this part of what it was, a side begins a new epoch as soon as it can, and below the other it has to.
const LOW_SCALE_BITS: u32 = 4;
const LOWEST_SCALE_BITS: u32 = 20;
/// A scale is counted to as many bits: below one of them nothing is left.
const SCALE_BITS: u32 = 62;

/// What happened to a stored position since it was last touched.
#[derive(Clone)]
pub struct Pending {
    /// Lots that are left, as a magnitude.
    pub lots: Fraction,
    /// What its entry has risen by.
    pub cost: Fraction,
    pub events: u32,
    /// It belongs to an epoch that is over, and is touched in two steps.
    pub is_over: bool,
    /// Lots as the index counts them: those stored, or what was left when this epoch began.
    counted: Fraction,
    /// Lots that the engine may have closed beyond the exact ones.
    slip: Fraction,
    /// Atoms that the stated bounds let the charge be above the exact one.
    above: Fraction,
    /// Atoms that it may be below: where the side could not bear all, what it could is rounded down.
    below: Fraction,
    /// What was left of a lot of the epoch's beginning when the position was last touched: charges are counted, and rounded,
    /// per lot of that beginning.
    seen: Fraction,
    /// The lowest and the highest mark of the events.
    marks: [BigInt; 2],
}

/// What the model keeps of a side beside its positions.
#[derive(Clone)]
pub struct Side {
    /// What is left of a lot that was there when the epoch began.
    pub scale: Fraction,
    /// How often the engine may have rounded what the side holds.
    roundings: u32,
}

impl Default for Side {
    fn default() -> Self {
        Self { scale: Fraction::whole(1), roundings: 0 }
    }
}

/// Lots closed at `mark`, and money charged, to one side.
pub struct Charge<'a> {
    pub market: usize,
    pub is_long: bool,
    pub lots: &'a BigInt,
    pub money: &'a Fraction,
    /// What the engine may charge less.
    pub below: &'a Fraction,
}

/// What an event did to a side.
pub struct Closed {
    /// At most what was left.
    pub lots: Fraction,
    /// Lots that the engine may have closed beyond that.
    pub slip: Fraction,
    pub is_whole: bool,
    /// A new epoch began with something left.
    pub is_low: bool,
}

impl Model {
    /// Lots of a position that are left, as a magnitude, where it is on this side.
    fn lots_on_side(&self, account: usize, market: usize, is_long: bool) -> Option<Fraction> {
        let position = &self.accounts[account].positions[market];
        let is_there = position.size != BigInt::ZERO && (position.size > BigInt::ZERO) == is_long;
        let lots = match &position.pending {
            Some(pending) => pending.lots.clone(),
            None => Fraction::whole(position.size.clone()).magnitude(),
        };
        (is_there && !lots.is_zero()).then_some(lots)
    }

    /// What a side really holds.
    pub fn held(&self, market: usize, is_long: bool) -> Fraction {
        let lots = (0..ACCOUNTS).filter_map(|account| self.lots_on_side(account, market, is_long));
        lots.fold(Fraction::zero(), |sum, lots| &sum + &lots)
    }

    /// Stored lots of the epoch before.
    pub fn left_behind(&self, market: usize, is_long: bool) -> BigInt {
        let positions = self.accounts.iter().map(|account| &account.positions[market]);
        let over = positions.filter(|position| position.pending.as_ref().is_some_and(|pending| pending.is_over));
        let lots = over.filter(|position| (position.size > BigInt::ZERO) == is_long);
        lots.map(|position| Fraction::whole(position.size.clone()).magnitude().floor()).sum()
    }

    /// How far what the engine holds a side for may lie below what it really holds.
    pub fn held_slack(&self, market: usize, is_long: bool) -> Fraction {
        let mut slack = Fraction::binary(self.sides[market][usize::from(is_long)].roundings, 31);
        for account in 0..ACCOUNTS {
            if self.lots_on_side(account, market, is_long).is_some()
                && let Some(pending) = &self.accounts[account].positions[market].pending
            {
                slack = &slack + &pending.slip;
            }
        }
        slack
    }

    /// Each position of the side gives up its part of the lots at the mark, and bears its part of the money.
    pub fn charge_side(&mut self, charge: &Charge) -> Answer<Closed> {
        let Charge { market, is_long, lots, money, below } = *charge;
        let held = self.held(market, is_long).reduced();
        let slack = self.held_slack(market, is_long);
        let mark = self.books[market].mark.clone();
        let side = &mut self.sides[market][usize::from(is_long)];
        let seen = side.scale.clone();
        let left = &held - &Fraction::whole(lots.clone());
        let scale = &side.scale * &left.clone().at_least(Fraction::zero()).over(&held);
        let scale = scale.reduced();
        let is_whole = *lots > BigInt::ZERO && scale < Fraction::binary(1, SCALE_BITS);
        let is_low = !is_whole && scale < Fraction::binary(1, LOW_SCALE_BITS);
        let closed = if is_whole { held.clone() } else { Fraction::whole(lots.clone()) };
        let slack = slack.coarse_up();
        // Of one lot: the scale is rounded down by one part in 2^62 of the epoch's lot, and what the side holds by the slack.
        let mut slip = Fraction::zero();
        if *lots > BigInt::ZERO && !is_whole {
            slip = (&Fraction::binary(2, SCALE_BITS).over(&seen) + &slack.over(&held)).coarse_up();
        }
        // What the side is charged too much, together: what is closed is counted to 2^-32 lots, as is what it is divided by.
        let uncounted = &Fraction::binary(1, 32) * &Fraction::whole(mark.clone());
        let too_much =
            (&uncounted + &(&(money + &(&closed * &Fraction::whole(mark.clone()))) * &slack.over(&held))).coarse_up();
        // And what a side of longs is paid too much, for the same lots: less than a quarter of an atom.
        let too_little = if is_long && !is_whole { &uncounted + below } else { below.clone() };
        side.roundings += 1;
        side.scale = scale.clone();
        let can_begin = self.left_behind(market, is_long) == BigInt::ZERO;
        let must_begin = is_whole || scale < Fraction::binary(1, LOWEST_SCALE_BITS);
        allow(can_begin || !must_begin)?;
        let begins = can_begin && (is_whole || is_low);
        let side = &mut self.sides[market][usize::from(is_long)];
        if begins {
            side.scale = Fraction::whole(1);
            // Where all was closed, all that is stored is owed, to the last bit.
            side.roundings = if is_whole { 0 } else { side.roundings };
        } else if is_low {
            self.reach("event: a low scale waits");
        }
        let per_lot = &closed.over(&held) * &Fraction::whole(mark.clone());
        let cost_per_lot = &(if is_long { -&per_lot } else { per_lot }) + &money.over(&held);
        let part = closed.over(&held);
        for account in 0..ACCOUNTS {
            let Some(lots) = self.lots_on_side(account, market, is_long) else { continue };
            let position = &mut self.accounts[account].positions[market];
            let stored = Fraction::whole(position.size.clone()).magnitude();
            let pending = position.pending.get_or_insert_with(|| {
                Box::new(Pending {
                    lots: lots.clone(),
                    cost: Fraction::zero(),
                    events: 0,
                    is_over: false,
                    counted: stored.clone(),
                    slip: Fraction::zero(),
                    above: Fraction::zero(),
                    below: Fraction::zero(),
                    seen: seen.clone(),
                    marks: [mark.clone(), mark.clone()],
                })
            });
            pending.cost = (&pending.cost + &(&lots * &cost_per_lot)).reduced();
            pending.lots = (&lots - &(&lots * &part)).reduced();
            pending.below = (&pending.below + &(&too_little * &lots.over(&held))).coarse_up();
            pending.events += 1;
            pending.slip = (&pending.slip + &(&lots * &slip)).coarse_up();
            let by_index = (&pending.counted * &Fraction::binary(1, 23)).over(&pending.seen);
            let by_lots = &too_much * &lots.over(&held);
            pending.above = (&pending.above + &(&by_index + &by_lots)).coarse_up();
            if pending.is_over {
                // What was left at the beginning of this epoch is counted to 2^-32 lots.
                pending.above = &(&pending.above + &uncounted) + &uncounted;
            }
            if begins {
                // The second step rounds the charge once more.
                pending.above = &pending.above + &Fraction::whole(1);
                pending.slip = &pending.slip + &Fraction::binary(1, 32);
                (pending.is_over, pending.counted, pending.seen) = (true, pending.lots.clone(), Fraction::whole(1));
            }
            pending.marks = [pending.marks[0].clone().min(mark.clone()), pending.marks[1].clone().max(mark.clone())];
        }
        Ok(Closed { lots: closed, slip: &slip * &held, is_whole, is_low: is_low && begins })
    }

    /// Whether what a touch came to is what the events come to: not an atom less, and above by no more than is stated.
    pub fn judge_touch(&self, account: usize, market: usize, touch: &Touched) -> Answer {
        let position = &self.accounts[account].positions[market];
        let Some(pending) = &position.pending else {
            let is_same = big(touch.size) == position.size && big(touch.entry) == position.entry && touch.charge == 0;
            return law(is_same, "a position that is up to date is as it was left");
        };
        let book = &self.books[market];
        let whole = |value: &BigInt| Fraction::whole(value.clone());
        let mark = whole(&book.mark);
        let is_long = position.size > BigInt::ZERO;
        let signed = |lots: &Fraction| if is_long { lots.clone() } else { -lots };

        let size = Fraction::whole(touch.size);
        law(size.is_zero() || (touch.size > 0) == is_long, "a touch does not turn a position round")?;
        law(size.magnitude() <= pending.lots, "a touch leaves no more lots than are left")?;
        law(
            Fraction::whole(touch.size.unsigned_abs()) >= Fraction::whole((&pending.lots - &pending.slip).floor()),
            "a touch takes less than a lot",
        )?;

        // In value at the mark of the moment, so that lots closed for their price count nothing.
        let furthest = pending.marks.iter().map(|then| (&mark - &whole(then)).magnitude());
        let moved = furthest.fold(Fraction::zero(), Fraction::at_least);
        let by_slip = &pending.slip * &moved;
        let exact = &(&signed(&pending.lots) * &mark) - &(&whole(&position.entry) + &pending.cost);
        let touched = &(&size * &mark) - &Fraction::whole(touch.entry);
        let lost = &exact - &touched;
        law(lost >= -&(&by_slip + &pending.below), "a touch costs what it must")?;
        let most = &(&Fraction::whole(2) + &pending.above) + &by_slip;
        law(lost <= most, "a touch costs no more than the stated atoms")?;

        // The two parts of it: the charge, which carry gives up, and the fraction, which the dust takes.
        let dearest = &pending.slip * &whole(&pending.marks[1]);
        let charge = Fraction::whole(touch.charge);
        law(charge >= &(&pending.cost - &dearest) - &pending.below, "the charge is not below what was charged")?;
        let most = &(&Fraction::whole(1) + &pending.above) + &(&pending.cost + &dearest);
        law(charge <= most, "the charge is at most an atom and the index's rounding above")?;
        let fraction = &(&Fraction::whole(touch.entry) - &whole(&position.entry)) - &charge;
        let most = &(&pending.lots - &size.magnitude()) * &mark;
        // The fraction is counted to 2^-32 lots before it is sold, and the atoms are rounded.
        let uncounted = &(&pending.slip + &Fraction::binary(1, 32)) * &mark;
        let (least, most) = (&most - &(&uncounted + &Fraction::whole(1)), &(&most + &uncounted) + &Fraction::whole(1));
        let paid = signed(&-&fraction);
        let is_paid = paid >= least && paid <= most;
        law(is_paid, "the fraction goes at the mark")
    }

    /// Brings a position to what the engine makes of it, once that is judged.
    /// Says whether there was anything to bring.
    pub fn touch(&mut self, account: usize, market: usize) -> Answer<bool> {
        let touch = self.touches[market][account];
        self.judge_touch(account, market, &touch)?;
        let Some(pending) = &self.accounts[account].positions[market].pending else { return Ok(false) };
        let branch = match (pending.is_over, pending.events) {
            (true, _) if pending.lots.is_zero() => "touch: a position that was closed wholly",
            (true, _) => "touch: a position of the epoch before",
            (false, 1) => "touch: one event",
            (false, _) => "touch: several events",
        };
        let position = &mut self.accounts[account].positions[market];
        let is_long = position.size > BigInt::ZERO;
        let sold = &position.size - touch.size;
        let risen = touch.entry - &position.entry;
        position.size = big(touch.size);
        position.entry = big(touch.entry);
        position.pending = None;
        let book = &mut self.books[market];
        book.own_size += sold;
        book.carry -= touch.charge;
        book.own_entry -= risen - touch.charge;
        self.sides[market][usize::from(is_long)].roundings += 1;
        self.reach(branch);
        Ok(true)
    }
}
