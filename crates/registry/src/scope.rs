//! How long a resource lives. A resource cannot depend on a resource with a shorter life. For example, if a client with the
//! scope of the process contained the commits of one repository, it would use them for the next repository, too.

/// How long a resource lives, and who shares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Built once, and shared by all runs of the process. Examples: connections.
    Process,
    /// Built once a run, and shared by all metrics of the run. Examples: lists, credentials and counts of requests.
    Run,
    /// Built once for each subject of a run, and shared by the metrics about the subject. Example: the commits of a repository.
    Subject,
    /// Built for one collection of one metric, and not shared. Such resources depend on the metric's own settings, like its
    /// [`Window`](crate::Window).
    Metric,
}

/// Why a resource does not exist where it is requested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// A resource asks for another one with a shorter life.
    #[error(
        "`{requester}` {} and asks for `{resource}`, which {}; give `{requester}` the scope `{}`",
        .requester_scope.built(), .resource_scope.built(), .resource_scope.name()
    )]
    Narrower {
        /// The type that asks.
        requester: &'static str,
        /// Its scope.
        requester_scope: Scope,
        /// The type that it asks for.
        resource: &'static str,
        /// The scope of that type.
        resource_scope: Scope,
    },
    /// A metric without a subject asks for a resource of a subject.
    #[error("`{resource}` is built once for each subject, and this metric has none; add `each = ...` to it")]
    NoSubject {
        /// The type that is asked for.
        resource: &'static str,
    },
}

impl Scope {
    const fn name(self) -> &'static str {
        match self {
            Self::Process => "Scope::Process",
            Self::Run => "Scope::Run",
            Self::Subject => "Scope::Subject",
            Self::Metric => "Scope::Metric",
        }
    }

    const fn built(self) -> &'static str {
        match self {
            Self::Process => "is built once for all runs",
            Self::Run => "is built once a run",
            Self::Subject => "is built once for each subject",
            Self::Metric => "is built for each metric",
        }
    }
}
