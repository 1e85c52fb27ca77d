//! A budget per window of time.

/// How much of a budget has been used since the window began. Windows are fixed and start with their first use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Unix seconds.
    pub started: i64,
    pub used: u64,
}

impl Window {
    /// The window as it stands at `now`: the same one, or a new one where its time is over (or the clock ran backwards
    /// past its start, which must not freeze a budget).
    #[inline(always)]
    pub const fn at(self, now: i64, length_seconds: u32) -> Self {
        if now >= self.started && now.saturating_sub(self.started) < length_seconds as i64 {
            self
        } else {
            Self { started: now, used: 0 }
        }
    }

    /// What is left of `budget`.
    #[inline(always)]
    pub const fn left(self, budget: u64) -> u64 {
        budget.saturating_sub(self.used)
    }

    /// The window after using `amount` more.
    #[inline(always)]
    pub const fn using(self, amount: u64) -> Self {
        Self { started: self.started, used: self.used.saturating_add(amount) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_returns_when_its_window_is_over() {
        let window = Window::default().at(1_000, 60).using(7);
        assert_eq!(window.at(1_059, 60).left(10), 3);
        assert_eq!(window.at(1_060, 60).left(10), 10);
        assert_eq!(window.at(999, 60).left(10), 10);
        assert_eq!(window.using(u64::MAX).left(u64::MAX), 0);
    }
}
