//! A job as an Atom entry, and the list of jobs as a feed (RFC 4287).

use engine::{Fingerprint, Judged, Outcome, Owner, Timestamp};

use crate::Representation::{AtomEntry, AtomFeed, Json};
use crate::job_path;
use crate::markup::Xml;
use crate::report::{report, state, updated};

const NAMESPACE: (&str, &str) = ("xmlns", "http://www.w3.org/2005/Atom");

/// A page of an owner's jobs.
pub struct Feed<'a> {
    /// Their owner.
    pub owner: &'a Owner,
    /// The jobs.
    pub jobs: &'a [Judged<'a>],
    /// This page's URL.
    pub uri: &'a str,
    /// The next page's URL, if there may be one.
    pub next: Option<&'a str>,
}

/// The entry of a job: its progress, or why there is no result.
pub(crate) fn entry(judged: &Judged<'_>, base_url: &str) -> String {
    let mut xml = Xml::new();
    xml.nested("entry", &[NAMESPACE], |xml| members(xml, judged, base_url));
    xml.finish()
}

/// The entry of an expired job whose record still exists.
pub(crate) fn expired_entry(record: &Judged<'_>, base_url: &str) -> String {
    let mut xml = Xml::new();
    xml.nested("entry", &[NAMESPACE], |xml| {
        head(xml, record, "Gone", record.expires_at.max(updated(record)));
        links(xml, record, base_url);
        let expired = format!("The job expired at {}.", record.expires_at);
        xml.text("summary", &[], &expired);
        let content = format!("{expired} {}", report(record));
        xml.text("content", &[("type", "text")], &content);
    });
    xml.finish()
}

impl Feed<'_> {
    /// The feed document; its pages are linked as RFC 5005 has it.
    #[must_use]
    pub fn document(&self, base_url: &str) -> String {
        let mut xml = Xml::new();
        xml.nested("feed", &[NAMESPACE], |xml| {
            xml.text("id", &[], &self.id());
            xml.text("title", &[], &format!("Jobs of {}", self.owner));
            // Without a job, nothing has happened yet.
            let latest = self.jobs.iter().map(updated).max();
            let latest = latest.unwrap_or(Timestamp::from_ms(0));
            xml.text("updated", &[], &latest.to_string());
            author(xml, self.owner);
            link(xml, "self", AtomFeed.content_type(), self.uri);
            let jobs = format!("{base_url}/jobs");
            link(xml, "first", AtomFeed.content_type(), &jobs);
            if let Some(next) = self.next {
                link(xml, "next", AtomFeed.content_type(), next);
            }
            for job in self.jobs {
                xml.nested("entry", &[], |xml| members(xml, job, base_url));
            }
        });
        xml.finish()
    }

    /// The id of the feed, which is the same for all pages of one owner's jobs: a UUIDv8 (RFC 9562, section 5.8) of a digest.
    fn id(&self) -> String {
        let digest = Fingerprint::of(format!("jobs of {}", self.owner).as_bytes());
        let hex = digest.as_str();
        format!(
            "urn:uuid:{}-{}-8{}-8{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..32]
        )
    }
}

fn members(xml: &mut Xml, judged: &Judged<'_>, base_url: &str) {
    head(xml, judged, state(judged), updated(judged));
    links(xml, judged, base_url);
    let report = report(judged);
    let summary = Some(judged.summary.as_str()).filter(|summary| !summary.is_empty());
    xml.text("summary", &[], summary.unwrap_or(&report));
    if judged.outcome() == Some(Outcome::Success) {
        let result = format!("{base_url}{}/result", job_path(judged));
        link(xml, "related", Json.content_type(), &result);
        let source = [("type", Json.content_type()), ("src", result.as_str())];
        xml.empty("content", &source);
    } else {
        xml.text("content", &[("type", "text")], &report);
    }
}

/// The members of every entry. The id is that of the job, in every state and at every host name.
fn head(xml: &mut Xml, record: &Judged<'_>, state: &str, updated: Timestamp) {
    xml.text("id", &[], &format!("urn:uuid:{}", record.id));
    let (kind, state) = (record.kind.as_str(), state.to_lowercase());
    let title = match &record.title {
        Some(title) => format!("{title} ({kind}): {state}"),
        None => format!("{kind}: {state}"),
    };
    xml.text("title", &[], &title);
    xml.text("updated", &[], &updated.to_string());
    xml.text("published", &[], &record.created_at.to_string());
    author(xml, &record.owner);
}

fn author(xml: &mut Xml, owner: &Owner) {
    xml.nested("author", &[], |xml| xml.text("name", &[], owner.as_str()));
}

fn links(xml: &mut Xml, record: &Judged<'_>, base_url: &str) {
    for (name, term) in [
        ("job-state", record.state.as_str()),
        ("job-status", record.state.job_status()),
    ] {
        let scheme = format!("{base_url}/#{name}");
        xml.empty("category", &[("scheme", &scheme), ("term", term)]);
    }
    let uri = format!("{base_url}{}", job_path(record));
    link(xml, "self", AtomEntry.content_type(), &uri);
    link(xml, "alternate", "text/html", &uri);
    link(xml, "alternate", Json.content_type(), &uri);
}

fn link(xml: &mut Xml, rel: &str, media_type: &str, href: &str) {
    xml.empty(
        "link",
        &[("rel", rel), ("type", media_type), ("href", href)],
    );
}
