//! The environment variables of a function. A missing or malformed variable stops the cold start, with a message that names it.

use std::ops::RangeInclusive;

use crate::ConfigError;

/// The environment of a function: that of the process, or that of a test.
#[derive(Clone)]
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// The environment of this process. A variable that is not in UTF-8 counts as not set.
    #[must_use]
    pub fn of_process() -> Self {
        let variables = std::env::vars_os();
        let texts = variables
            .map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self(texts.flatten().collect())
    }

    /// An environment with exactly these variables.
    #[must_use]
    pub fn of(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter();
        Self(
            variables
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
        )
    }

    /// The variable's value; `None` if it is not set, or is blank.
    #[must_use]
    pub fn optional(&self, variable: &str) -> Option<String> {
        let (_, value) = self.0.iter().find(|(name, _)| name == variable)?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The variable's value.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] if it is not set, or is blank.
    pub fn text(&self, variable: &'static str) -> Result<String, ConfigError> {
        self.optional(variable)
            .ok_or(ConfigError::Missing(variable))
    }

    /// The variable's value as a whole number in `range`; `None` if it is not set, or is blank.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] if it is set to anything else.
    pub fn optional_number(
        &self,
        variable: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, ConfigError> {
        let Some(text) = self.optional(variable) else {
            return Ok(None);
        };
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            let (least, most) = range.into_inner();
            let expected = format!("a whole number from {least} to {most}");
            ConfigError::malformed(variable, expected)
        })
    }

    /// The variable's value as a whole number in `range`.
    ///
    /// # Errors
    /// [`ConfigError`] if it is not set, or set to anything else.
    pub fn number(
        &self,
        variable: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<u64, ConfigError> {
        let number = self.optional_number(variable, range)?;
        number.ok_or(ConfigError::Missing(variable))
    }

    /// Whether the variable is `true`; `false` if it is `false` or not set, or is blank.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] if it is set to anything else: nothing must be turned on by a guess.
    pub fn switch(&self, variable: &'static str) -> Result<bool, ConfigError> {
        match self.optional(variable).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ConfigError::malformed(variable, "true or false")),
        }
    }

    /// The words of a comma-separated list; none if the variable is not set.
    #[must_use]
    pub fn words(&self, variable: &str) -> Vec<String> {
        let list = self.optional(variable).unwrap_or_default();
        list.split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The variable's value as an absolute http or https URL without a query; `None` if it is not set, or is blank.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] if it is set to anything else.
    pub fn optional_url(&self, variable: &'static str) -> Result<Option<String>, ConfigError> {
        let Some(url) = self.optional(variable) else {
            return Ok(None);
        };
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '"' | '<' | '>');
        match rest {
            Some(rest) if !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(plain) => {
                Ok(Some(url))
            }
            _ => Err(ConfigError::malformed(
                variable,
                "an absolute http or https URL without a query",
            )),
        }
    }

    /// The variable's value as an absolute http or https URL without a query.
    ///
    /// # Errors
    /// [`ConfigError`] if it is not set, or set to anything else.
    pub fn url(&self, variable: &'static str) -> Result<String, ConfigError> {
        self.optional_url(variable)?
            .ok_or(ConfigError::Missing(variable))
    }

    /// The endpoint of a service, without a trailing slash: the first of these variables that is set. `None` if none is.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] if one of them is set to anything else than a URL.
    pub(crate) fn endpoint(
        &self,
        variables: &[&'static str],
    ) -> Result<Option<String>, ConfigError> {
        let mut endpoint = None;
        for variable in variables {
            endpoint = endpoint.or(self.optional_url(variable)?);
        }
        Ok(endpoint.map(|url| url.trim_end_matches('/').to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_variable_is_not_set() {
        let table = Environment::of(&[("TABLE_NAME", " ")]).table_name();
        assert_eq!(table, Err(ConfigError::Missing("TABLE_NAME")));
    }

    #[test]
    fn a_list_of_words_forgives_spaces_and_empty_places() {
        assert_eq!(
            Environment::of(&[("OPT_IN_KINDS", " rehearsal, ,x,")]).opt_in_kinds(),
            ["rehearsal", "x"]
        );
        assert!(Environment::of(&[]).opt_in_kinds().is_empty());
    }
}
