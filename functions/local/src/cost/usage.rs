//! How much of each priced thing something takes, and what that costs.

use std::collections::BTreeMap;

use super::prices::{Item, Prices};

/// How much of each thing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Usage(BTreeMap<Item, f64>);

impl Usage {
    pub(super) fn and(mut self, item: Item, amount: f64) -> Self {
        *self.0.entry(item).or_default() += amount;
        self
    }

    #[cfg(test)]
    pub(super) fn of(&self, item: Item) -> f64 {
        self.0.get(&item).copied().unwrap_or_default()
    }

    /// Dollars for it.
    pub(super) fn usd(&self, prices: &Prices) -> f64 {
        let each = self.0.iter();
        each.map(|(item, amount)| amount * prices.usd(*item)).sum()
    }

    /// Dollars for a million times as much.
    pub(super) fn usd_a_million(&self, prices: &Prices) -> f64 {
        self.usd(prices) * 1e6
    }

    /// What each item takes, and dollars for a million times as much.
    pub(super) fn lines(&self, prices: &Prices) -> Vec<(Item, f64, f64)> {
        let each = self.0.iter().filter(|(_, amount)| **amount > 0.0);
        each.map(|(item, amount)| (*item, *amount, amount * prices.usd(*item) * 1e6))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bill_is_the_sum_of_its_lines() {
        let prices = Prices::load().unwrap();
        let usage = Usage::default()
            .and(Item::ApiRequest, 2.0)
            .and(Item::WriteUnit, 3.0)
            .and(Item::WriteUnit, 1.0);
        // 2 × 1.00 + 4 × 0.625
        assert!((usage.usd_a_million(&prices) - 4.5).abs() < 1e-9);
        let lines: f64 = usage.lines(&prices).iter().map(|line| line.2).sum();
        assert!((lines - 4.5).abs() < 1e-9);
    }
}
