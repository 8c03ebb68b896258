//! The routes of the HTTP API in `template.yaml`: which function serves which request.

use std::borrow::Cow;
use std::collections::BTreeMap;

use axum::http::Method;
use percent_encoding::percent_decode_str;

/// A function that serves HTTP requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// Serves commands, and may write.
    Submit,
    /// Serves reads, and every request that matches no other route.
    Status,
}

/// A route of the HTTP API.
#[derive(Debug, Clone)]
pub struct Route {
    /// The method, which must equal the request's: a `GET` route does not match `HEAD`.
    pub method: Method,
    /// The path. `{name}` matches exactly one segment that is not empty.
    pub path_template: &'static str,
    /// The function behind it.
    pub function: Function,
    /// Whether the route is open to everyone. Its requests have no owner, even with credentials.
    pub is_open: bool,
}

/// Every route but `$default`, which is [`Function::Status`].
pub static ROUTES: [Route; 6] = [
    Route::to_submit(Method::POST, "/jobs"),
    Route::to_submit(Method::POST, "/jobs/{id}/cancel"),
    Route::to_submit(Method::DELETE, "/jobs/{id}"),
    Route::to_submit(Method::POST, "/uploads"),
    Route::open(Method::GET, "/monitor/{token}"),
    Route::open(Method::HEAD, "/monitor/{token}"),
];

impl Route {
    const fn to_submit(method: Method, path_template: &'static str) -> Self {
        Self {
            method,
            path_template,
            function: Function::Submit,
            is_open: false,
        }
    }

    const fn open(method: Method, path_template: &'static str) -> Self {
        Self {
            method,
            path_template,
            function: Function::Status,
            is_open: true,
        }
    }
}

/// The route of a request.
pub(crate) struct Matched {
    /// `None` is `$default`.
    route: Option<&'static Route>,
    /// The segments that match the template's names, percent-decoded.
    pub(crate) path_parameters: BTreeMap<String, String>,
}

impl Matched {
    pub(crate) fn function(&self) -> Function {
        self.route.map_or(Function::Status, |route| route.function)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.route.is_some_and(|route| route.is_open)
    }

    /// `POST /jobs/{id}/cancel`, or `$default`.
    pub(crate) fn key(&self) -> String {
        let key = |route: &Route| format!("{} {}", route.method, route.path_template);
        self.route.map_or_else(|| "$default".to_owned(), key)
    }
}

/// Finds the route for a request. `encoded_path` is the path as the client sent it: segments are split before they are
/// decoded, so that `%2F` in an id does not split it.
pub(crate) fn match_route(method: &Method, encoded_path: &str) -> Matched {
    let mut routes = ROUTES.iter().filter(|route| route.method == *method);
    let found =
        routes.find_map(|route| Some((route, match_path(route.path_template, encoded_path)?)));
    let (route, path_parameters) = found.unzip();
    Matched {
        route,
        path_parameters: path_parameters.unwrap_or_default(),
    }
}

fn match_path(template: &str, encoded_path: &str) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    let mut segments = encoded_path.split('/');
    for expected in template.split('/') {
        let segment = percent_decode_str(segments.next()?).decode_utf8_lossy();
        match expected
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
        {
            Some(name) if !segment.is_empty() => {
                parameters.insert(name.to_owned(), segment.into_owned());
            }
            None if segment == Cow::Borrowed(expected) => {}
            Some(_) | None => return None,
        }
    }
    segments.next().is_none().then_some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_monitor_links_are_open() {
        for (method, path, is_open) in [
            (Method::GET, "/monitor/a.b", true),
            (Method::HEAD, "/monitor/a.b", true),
            (Method::POST, "/monitor/a.b", false),
            (Method::GET, "/monitor/", false),
            (Method::GET, "/monitor/a/b", false),
            (Method::GET, "/jobs", false),
            (Method::POST, "/jobs", false),
        ] {
            let matched = match_route(&method, path);
            assert_eq!(matched.is_open(), is_open, "{method} {path}");
        }
    }

    #[test]
    fn a_path_parameter_is_one_segment_and_decoded() {
        let matched = match_route(&Method::DELETE, "/jobs/a%2Fb%20c");

        assert_eq!(matched.path_parameters["id"], "a/b c");
    }
}
