//! Patterns that match no linked metric, in a program that has sources. Only a run shows whether a source returns a metric that
//! they match.

use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use system_health_registry::{
    Catalog, KeyPattern, Run, Settings,
    settings::{NameSuggestions, SettingsError, SettingsTable, may_be_secret},
};

/// A pattern that matches no metric. It is a typing error, or names a metric that someone believes to be watched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct UnmatchedPattern {
    /// The list that contains the pattern.
    pub list: PatternList,
    /// Whether the pattern is probably a mistake: a key or a group has a similar name, or the pattern is the name of a source.
    pub has_similar: bool,
    message: String,
}

/// A list of patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternList {
    /// A metric has to match one of them.
    Only,
    /// A metric that is not enabled by default has to match one of them.
    Enable,
    /// A metric must not match any of them.
    Skip,
    /// The metrics with a window of their own.
    Windows,
    /// The metrics with a time of their own between two runs of a service.
    Every,
    /// The metrics that have a goal, or are part of one.
    Goals,
}

/// Maximum number of keys that are kept as suggestions.
const MAX_KEYS: usize = 2_000;

/// The patterns that no metric has matched yet. Clones share what was matched.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenPatterns {
    /// The names of the sources of the catalog.
    sources: Arc<BTreeSet<String>>,
    /// The keys of the linked metrics, and of those that sources returned, even if they are not selected.
    keys: Arc<Mutex<BTreeSet<String>>>,
    patterns: Vec<Arc<OpenPattern>>,
}

#[derive(Debug)]
struct OpenPattern {
    list: PatternList,
    pattern: KeyPattern,
    place: Option<Place>,
    /// Whether a metric has matched, or a run has reported that none does.
    is_closed: AtomicBool,
}

/// Where a pattern is in the settings.
pub(crate) struct Place {
    settings: Settings,
    path: String,
    refuse: fn(&Settings, &str, &UnmatchedPattern) -> SettingsError,
}

impl UnmatchedPattern {
    /// The error of a pattern that matches none of these keys.
    pub(crate) fn new<'a>(
        list: PatternList,
        pattern: &KeyPattern,
        keys: impl Iterator<Item = &'a str>,
    ) -> Self {
        let keys: Vec<&str> = keys.collect();
        let known = NameSuggestions::nearest_keys(pattern.as_str(), keys.iter().copied());
        let groups = keys.iter().map(|key| group(key));
        let has_similar =
            known.has_similar() || NameSuggestions::nearest_to(group(pattern.as_str()), groups).has_similar();
        let message = format!("`{}` matches no metric{known}", redact_secret(pattern.as_str()));
        Self { list, has_similar, message }
    }

    /// If the pattern is the name of a source, says so instead of suggesting keys.
    fn about_source(mut self, pattern: &KeyPattern, sources: &BTreeSet<String>) -> Self {
        if sources.contains(pattern.as_str()) {
            self.has_similar = true;
            self.message = format!(
                "`{pattern}` matches no metric; it is the name of a source, so write the keys of the metrics of this source",
                pattern = pattern.as_str()
            );
        }
        self
    }
}

/// The first part of a key or a pattern.
fn group(key: &str) -> &str {
    key.split('.').next().unwrap_or_default()
}

/// A pattern as messages show it: `...` in place of a text that may be a secret.
pub(crate) fn redact_secret(pattern: &str) -> &str {
    if may_be_secret(pattern) { "..." } else { pattern }
}

impl Place {
    /// A place in the table `T`.
    pub(crate) fn new<T: SettingsTable>(settings: &Settings, path: &str) -> Self {
        let refuse =
            |settings: &Settings, path: &str, error: &UnmatchedPattern| settings.refuse::<T>(path, error);
        Self { settings: settings.clone(), path: path.to_owned(), refuse }
    }
}

impl OpenPatterns {
    /// Adds a pattern that matches no metric of the catalog.
    pub(crate) fn add(
        &mut self,
        catalog: &Catalog,
        list: PatternList,
        pattern: KeyPattern,
        place: Option<Place>,
    ) {
        if self.patterns.is_empty() {
            self.sources =
                Arc::new(catalog.sources().iter().map(|source| source.name().to_string()).collect());
            let linked = catalog.metrics().iter().map(|metric| metric.key().to_owned());
            self.keys = Arc::new(Mutex::new(linked.collect()));
        }
        self.patterns.push(Arc::new(OpenPattern { list, pattern, place, is_closed: AtomicBool::new(false) }));
    }

    /// Whether a pattern of this list is open.
    pub(crate) fn has_open(&self, list: PatternList) -> bool {
        self.patterns.iter().any(|open| open.list == list && !open.is_closed.load(Relaxed))
    }

    /// Closes the patterns that match the key of a metric. If others stay open, keeps the key for suggestions.
    pub(crate) fn note_key(&self, key: &str) {
        let mut is_any_open = false;
        for open in self.patterns.iter().filter(|open| !open.is_closed.load(Relaxed)) {
            if open.pattern.is_match(key) {
                open.is_closed.store(true, Relaxed);
            } else {
                is_any_open = true;
            }
        }
        if is_any_open {
            let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            if keys.len() < MAX_KEYS {
                keys.insert(key.to_owned());
            }
        }
    }

    /// The patterns that still match no metric after this run. Each pattern is returned only once. If a source did not run, or
    /// not all keys of its metrics are known, nothing is returned.
    pub(crate) fn take_unmatched(&self, run: &Run) -> Vec<UnmatchedPattern> {
        let is_complete = |name: &String| {
            // `note_key` was also called with the keys of refused metrics.
            run.sources().iter().any(|source| *source.name == **name && source.knows_all_keys)
        };
        if !self.sources.iter().all(is_complete) {
            return Vec::new();
        }
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let open = self.patterns.iter().filter(|open| !open.is_closed.swap(true, Relaxed));
        open.map(|open| {
            let keys = keys.iter().map(String::as_str);
            let unmatched = UnmatchedPattern::new(open.list, &open.pattern, keys);
            let unmatched = unmatched.about_source(&open.pattern, &self.sources);
            match &open.place {
                Some(Place { settings, path, refuse }) => {
                    UnmatchedPattern { message: refuse(settings, path, &unmatched).to_string(), ..unmatched }
                }
                None => unmatched,
            }
        })
        .collect()
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("path", &self.path).finish_non_exhaustive()
    }
}
