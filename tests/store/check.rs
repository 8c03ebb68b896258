//! What a check is.

/// One named check.
#[cfg(not(test))]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) run: fn(std::sync::Arc<super::table::Table>) -> Running,
}

/// A check under way.
#[cfg(not(test))]
pub(crate) type Running = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Lists a file's checks: for the executable, and as tests on the embedded DynamoDB by their names.
macro_rules! checks {
    ($($name:ident),+ $(,)?) => {
        #[cfg(not(test))]
        pub(super) const CHECKS: &[$crate::store::check::Check] = &[$($crate::store::check::Check {
            name: stringify!($name),
            run: |table| Box::pin(async move { $name(&table).await }),
        }),+];

        #[cfg(test)]
        mod embedded {
            $(#[tokio::test]
            async fn $name() {
                super::$name(&$crate::store::table::Table::embedded().await).await;
            })+
        }
    };
}

pub(super) use checks;
