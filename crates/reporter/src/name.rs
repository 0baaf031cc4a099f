//! The reporter's name. Several reporters may deliver metrics about themselves with the same `env:` and `service:`, and
//! a backend keeps one point for each series and time. Without a name, the success of one reporter would hide the
//! failure of another.
//!
//! By default, the name is derived from properties that distinguish reporters and stay the same from run to run: the
//! subject of the reports, the program, and the selection of metrics. It does not contain the host's name, which is different in
//! each pod.

use std::{env, fmt, path::PathBuf, sync::Arc};

use futures::{FutureExt, future::BoxFuture};
use sha2::{Digest, Sha256};
use system_health_registry::{Context, NameParts, ReporterName, Tag};

use crate::{ReportSettings, tags::TagsError};

/// The name of the tag whose value is the reporter's name.
const TAG: &str = "reporter";

/// The name of this project's own program. It is not part of a name that starts with the subject of the reports.
const USUAL_PROGRAM: &str = "report";

type Hook = dyn Fn(Context) -> BoxFuture<'static, NameParts> + Send + Sync;

/// The name of a reporter, or the parts from which it is derived.
#[derive(Clone)]
pub(crate) enum Name {
    /// The name is set.
    Named(Tag),
    /// The name is derived.
    Derived {
        program: String,
        /// What selects the metrics, such as `only ci.*` or `skip source queues`.
        patterns: Vec<String>,
        hook: Option<NameHook>,
    },
}

/// A function that determines the parts of the name.
#[derive(Clone)]
pub(crate) struct NameHook(Arc<Hook>);

impl NameHook {
    pub(crate) fn new<F>(hook: impl Fn(Context) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = NameParts> + Send + 'static,
    {
        Self(Arc::new(move |context| hook(context).boxed()))
    }
}

impl Name {
    /// Takes the name from the settings, or from a tag `reporter:` of all reports. Otherwise the name is derived from
    /// the program, the patterns and the hook.
    pub(crate) fn new(
        report: &ReportSettings,
        tags: &[Tag],
        program: &str,
        only: &[String],
        skip: &[String],
        hook: Option<NameHook>,
    ) -> Result<Self, TagsError> {
        if let Some(name) = &report.name {
            let origin = "`name` in [report], or SYSTEM_HEALTH_REPORTER";
            return Ok(Self::Named(Tag::new(TAG, name).map_err(|source| TagsError { origin, source })?));
        }
        if let Some(tag) = tags.iter().find(|tag| tag.name() == TAG) {
            return Ok(Self::Named(tag.clone()));
        }
        let only = only.iter().map(|pattern| format!("only {pattern}"));
        let patterns = only.chain(skip.iter().map(|pattern| format!("skip {pattern}"))).collect();
        Ok(Self::Derived { program: program.to_owned(), patterns, hook })
    }

    /// The tag with the name. `None` if the derived name contains no letter and no digit.
    pub(crate) async fn tag(&self, context: Context) -> Option<Tag> {
        match self {
            Self::Named(tag) => Some(tag.clone()),
            Self::Derived { program, patterns, hook } => {
                let NameParts { subject, selection } = match hook {
                    Some(hook) => (hook.0)(context).await,
                    None => NameParts::default(),
                };
                let mut parts = [patterns.clone(), selection].concat();
                parts.sort();
                parts.dedup();
                Tag::new(TAG, &derive_name(subject.as_deref(), program, parts)).ok()
            }
        }
    }
}

/// The name for sinks that distinguish reporters.
pub(crate) fn reporter_name(tag: Option<&Tag>) -> ReporterName {
    let name = tag.and_then(|tag| tag.as_str().split_once(':'));
    name.map_or_else(ReporterName::default, |(_, name)| ReporterName::new(name))
}

/// The tags of a report about the reporter itself: the tags of all reports, and the reporter's name.
pub(crate) fn with_name(base: &[Tag], name: Option<Tag>) -> Vec<Tag> {
    base.iter().filter(|tag| tag.name() != TAG).cloned().chain(name).collect()
}

/// The name of this program's executable file, without its extension.
pub(crate) fn program_name() -> String {
    let program = env::args_os().next().map(PathBuf::from);
    let name =
        program.as_deref().and_then(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| USUAL_PROGRAM.to_owned())
}

/// A name such as `acme/shop`, or `acme/shop-1121b6e7` if there are other parts.
fn derive_name(subject: Option<&str>, program: &str, mut parts: Vec<String>) -> String {
    if subject.is_some() && program != USUAL_PROGRAM {
        parts.push(format!("program {program}"));
    }
    let start = subject.unwrap_or(program).to_lowercase();
    if parts.is_empty() {
        return start;
    }
    let digest = Sha256::digest(parts.join("\n"));
    let [a, b, c, d, ..] = <[u8; 32]>::from(digest);
    format!("{start}-{:08x}", u32::from_be_bytes([a, b, c, d]))
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(tag) => f.debug_tuple("Named").field(tag).finish(),
            Self::Derived { program, patterns, .. } => f
                .debug_struct("Derived")
                .field("program", program)
                .field("patterns", patterns)
                .finish_non_exhaustive(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    struct Case<'a> {
        repository: &'a str,
        branch: Option<&'a str>,
        only: &'a [&'a str],
        skip: &'a [&'a str],
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    async fn tag(Case { repository, branch, only, skip }: Case<'_>) -> String {
        let parts = NameParts {
            subject: Some(repository.to_owned()),
            selection: branch.into_iter().map(|branch| format!("branch {branch}")).collect(),
        };
        let hook = NameHook::new(move |_| {
            let parts = parts.clone();
            async { parts }
        });
        let report = ReportSettings::default();
        let name = Name::new(&report, &[], &program_name(), &texts(only), &texts(skip), Some(hook)).unwrap();
        name.tag(Context::new()).await.unwrap().to_string()
    }

    #[tokio::test]
    async fn different_reporters_have_different_stable_names() {
        let shop = Case { repository: "Acme/Shop", branch: None, only: &[], skip: &[] };
        let all_tags = async || {
            let mut tags = Vec::new();
            for case in [
                Case { ..shop },
                Case { repository: "acme/docs", ..shop },
                Case { branch: Some("next"), ..shop },
                Case { only: &["commits.*"], ..shop },
                Case { skip: &["commits.*"], ..shop },
                Case { only: &["ci.*"], ..shop },
                Case { only: &["ci.*", "commits.*"], ..shop },
            ] {
                tags.push(tag(case).await);
            }
            tags
        };

        let tags = all_tags().await;

        assert_eq!(tags.iter().collect::<BTreeSet<_>>().len(), tags.len(), "{tags:?}");
        assert_eq!(all_tags().await, tags);
        let reordered = tag(Case { only: &["commits.*", "ci.*"], ..shop }).await;
        assert_eq!(tags.last(), Some(&reordered), "the order of patterns does not matter");
    }

    #[test]
    fn a_derived_name_starts_with_the_subject_or_the_program() {
        let one = texts(&["only commits.*"]);
        for (subject, program, parts, expected) in [
            (Some("Acme/Shop"), "report", vec![], "acme/shop"),
            (Some("acme/shop"), "report", one, "acme/shop-1121b6e7"),
            (Some("acme/shop"), "acme-report", vec![], "acme/shop-70bd1e78"),
            (None, "acme-report", vec![], "acme-report"),
        ] {
            assert_eq!(derive_name(subject, program, parts), expected);
        }
    }

    #[tokio::test]
    async fn a_name_in_the_settings_or_the_tags_is_used() {
        let named = |name: Option<&str>, tags: &[&str]| {
            let tags: Vec<Tag> = tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect();
            let report = ReportSettings { name: name.map(str::to_owned), ..ReportSettings::default() };
            (Name::new(&report, &tags, "report", &[], &[], None), tags)
        };
        for (name, tags, expected) in [
            (Some("Night shift"), &["team:web"][..], ["team:web", "reporter:night_shift"]),
            (None, &["reporter:mine", "team:web"], ["team:web", "reporter:mine"]),
            (Some("this"), &["reporter:that", "team:web"], ["team:web", "reporter:this"]),
        ] {
            let (name, tags) = named(name, tags);
            let tag = name.unwrap().tag(Context::new()).await;
            let tags = with_name(&tags, tag);
            assert_eq!(tags.iter().map(Tag::as_str).collect::<Vec<_>>(), expected);
        }
        let error = named(Some("!"), &[]).0.unwrap_err();
        assert_eq!(error.to_string(), "`name` in [report], or SYSTEM_HEALTH_REPORTER");
    }
}
