//! What AWS charges for a unit of each thing: data, with where each figure comes from and how well.

use serde::{Deserialize, Serialize};

/// The data: `data/prices.json`.
const PRICES: &str = include_str!("../../data/prices.json");

/// What has a price.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Item {
    ApiRequest,
    LambdaRequest,
    #[serde(rename = "lambda-gb-second-arm64")]
    GbSecondArm64,
    #[serde(rename = "lambda-gb-second-x86")]
    GbSecondX86,
    SqsRequest,
    SqsFairRequest,
    WriteUnit,
    ReadUnit,
    LogGb,
    Trace,
    StateTransition,
    DurableOperation,
}

impl Item {
    /// Whose bill it stands on.
    pub(super) fn service(self) -> &'static str {
        match self {
            Self::ApiRequest => "API Gateway",
            Self::LambdaRequest | Self::GbSecondArm64 | Self::GbSecondX86 => "Lambda",
            Self::SqsRequest | Self::SqsFairRequest => "SQS",
            Self::WriteUnit | Self::ReadUnit => "DynamoDB",
            Self::LogGb => "CloudWatch Logs",
            Self::Trace => "X-Ray",
            Self::StateTransition => "Step Functions",
            Self::DurableOperation => "durable functions",
        }
    }
}

/// How well a figure is sourced.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Quality {
    /// On AWS's own page.
    Aws,
    /// As several others quote it.
    Quoted,
    /// As one other quotes it.
    Weak,
}

/// A price.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Price {
    pub(super) item: Item,
    usd: f64,
    /// For so many units.
    per: f64,
    pub(super) unit: String,
    pub(super) source: String,
    pub(super) dated: String,
    pub(super) quality: Quality,
}

/// All prices, of one region.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Prices {
    pub(super) region: String,
    currency: String,
    pub(super) looked_up: String,
    #[serde(rename = "prices")]
    pub(super) all: Vec<Price>,
}

impl Price {
    /// Dollars and for how many units, as AWS writes it.
    pub(super) fn shown(&self) -> String {
        match self.per {
            per if per >= 1e6 => format!("{:.3} a million", self.usd),
            per if per > 1.0 => format!("{:.3} for {per}", self.usd),
            _ if self.usd < 0.01 => format!("{:.10}", self.usd),
            _ => format!("{:.2}", self.usd),
        }
    }
}

impl Prices {
    /// Those that come with the program.
    ///
    /// # Errors
    /// When the data is not what it has to be, which a test rules out.
    pub(super) fn load() -> Result<Self, serde_json::Error> {
        serde_json::from_str(PRICES)
    }

    /// Dollars for one unit.
    pub(super) fn usd(&self, item: Item) -> f64 {
        let price = self.all.iter().find(|price| price.item == item);
        // A test holds that each has one.
        price.map_or(f64::NAN, |price| price.usd / price.per)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_has_one_price_with_its_source_and_date() {
        let prices = Prices::load().unwrap();
        let mut items: Vec<_> = prices.all.iter().map(|price| price.item).collect();
        items.sort();
        items.dedup();
        assert_eq!((items.len(), prices.all.len()), (12, 12));
        for price in &prices.all {
            assert!(price.source.starts_with("https://"), "{price:?}");
            assert!(prices.usd(price.item) > 0.0, "{price:?}");
            assert!(
                !price.unit.is_empty() && !price.dated.is_empty(),
                "{price:?}"
            );
        }
    }

    #[test]
    fn a_price_is_that_of_one_unit() {
        let prices = Prices::load().unwrap();
        assert!((prices.usd(Item::ApiRequest) - 0.000_001).abs() < 1e-12);
        assert!((prices.usd(Item::StateTransition) - 0.000_025).abs() < 1e-12);
        assert!((prices.usd(Item::LogGb) - 0.5).abs() < 1e-12);
    }
}
