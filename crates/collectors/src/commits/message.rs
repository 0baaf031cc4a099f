//! The structure of a commit message: the subject, the lines of the body, and the prefixes in front of what
//! a subject says. Classifiers look at these parts, because the same word means different things in them.

use std::sync::LazyLock;

use regex::Regex;

/// A commit message, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Message<'a> {
    subject: &'a str,
    body: Vec<&'a str>,
}

/// What a subject says that git, GitHub, GitLab or Bitbucket writes for a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Merge<'a> {
    /// The branch that was merged, perhaps with its owner in front.
    pub(super) branch: &'a str,
}

static MERGE: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"(?i)^(?:merged? pull request \S+ from (?P<pull>\S+)",
        r"|merged? (?:remote-tracking )?(?:branch|pull request \S+ branch) '(?P<branch>[^']+)'",
        r"|merged in (?P<bitbucket>\S+)",
        r"|merged? (?:branch )?(?P<path>[^\s']*[/_-][^\s']*) into\s",
        r"|merged? (?:branch )?(?P<word>\w+) into (?:main|master|develop|staging|production)\b)",
    ))
});

/// What git, GitLab and people write below the subject of a merge that has no title.
static NO_TITLE: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?i)^(?:\s|#\s|conflicts:|see merge request\s|approved-by:|signed-off-by:|co-authored-by:)")
});

/// A tag, a scope of up to four words in front of a colon, a ticket, a number, a word with a slash, or a
/// symbol.
static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    regex(concat!(
        r"^(?:\[[^\]]{1,60}\]:?|\([^)]{1,60}\):?|[\w-]+(?:\([^)]*\))?!?:|[A-Za-z]+[-_ ]?[0-9]+[.:]|[A-Z][A-Z0-9]+-[0-9]+",
        r"|#[0-9]+:?|\w+ ?/|:\w+:|[^\s:\x22'`]+(?: [^\s:\x22'`]+){1,3}:|[^\w\s\[(\x22'`#:\x{201c}]+)",
    ))
});

impl<'a> Message<'a> {
    pub(super) fn parse(message: &'a str) -> Self {
        let mut lines = message.lines().map(str::trim_end).skip_while(|line| line.trim().is_empty());
        let subject = lines.next().unwrap_or_default().trim_start();
        Self { subject, body: lines.collect() }
    }

    pub(super) fn subject(&self) -> &'a str {
        self.subject
    }

    /// The lines after the subject, empty ones included.
    pub(super) fn body(&self) -> &[&'a str] {
        &self.body
    }

    /// The first line of the body that is not empty.
    pub(super) fn first_line(&self) -> Option<&'a str> {
        self.body.iter().copied().find(|line| !line.trim().is_empty())
    }

    /// The title of a merged pull request, which GitHub and GitLab put below the subject of the merge.
    pub(super) fn merged_title(&self) -> Option<&'a str> {
        self.first_line().filter(|line| bullet(line).is_none() && !NO_TITLE.is_match(line))
    }

    /// The bullets of the body, without those below other bullets. In a squash merge, each is one of the
    /// commits that were squashed.
    pub(super) fn bullets(&self) -> impl Iterator<Item = &'a str> {
        self.body.iter().filter_map(|line| bullet(line))
    }

    /// The merge that the subject describes.
    pub(super) fn merge(&self) -> Option<Merge<'a>> {
        Merge::parse(self.subject)
    }
}

impl<'a> Merge<'a> {
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let found = MERGE.captures(line)?;
        let names = ["pull", "branch", "bitbucket", "path", "word"];
        let branch = names.into_iter().find_map(|name| found.name(name))?;
        Some(Self { branch: branch.as_str() })
    }
}

/// The text of a bullet that is not indented.
pub(super) fn bullet(line: &str) -> Option<&str> {
    line.strip_prefix("* ").or_else(|| line.strip_prefix("- ")).map(str::trim_start)
}

/// A title, then the same without its first prefix, and so on: `[API] fix: revert login`,
/// `fix: revert login`, `revert login`.
pub(super) fn descriptions(title: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(title.trim()), |title| {
        let prefix = PREFIX.find(title)?;
        let rest = &title[prefix.end()..];
        let ends_here = prefix.as_str().ends_with([']', ')']) || rest.starts_with([' ', '\t', '(']);
        ends_here.then(|| rest.trim_start())
    })
}

/// Compiles a pattern of the source code.
pub(super) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of the source code compiles, which the tests check")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_taken_off_one_by_one() {
        let last = |title| descriptions(title).last().unwrap();
        for (title, description) in [
            ("[API] fix(web ui)!: revert login", "revert login"),
            ("SHOP-12: [x][y] go", "go"),
            ("fix / go", "go"),
            ("#12 go", "go"),
            ("SHOP-12 go", "go"),
            ("kafka sink: go", "go"),
            (":bug: go", "go"),
            ("go", "go"),
            ("a::b is public", "a::b is public"),
            ("go: ", "go:"),
            ("", ""),
        ] {
            assert_eq!(last(title), description, "{title}");
        }
    }

    #[test]
    fn merges_name_their_branch() {
        for (subject, branch) in [
            ("Merge pull request #12 from acme/hotfix/login", "acme/hotfix/login"),
            ("Merge branch 'hotfix/1.2' into develop", "hotfix/1.2"),
            ("Merge remote-tracking branch 'origin/x'", "origin/x"),
            ("Merged in hotfix/x (pull request #3)", "hotfix/x"),
            ("Merge hotfix/1.2 into main", "hotfix/1.2"),
            ("Merge hotfix into main", "hotfix"),
        ] {
            assert_eq!(Merge::parse(subject), Some(Merge { branch }), "{subject}");
        }
        for subject in ["Merge the two parsers", "Merge parsers into one", "Merge the hot-path into one"] {
            assert_eq!(Merge::parse(subject), None, "{subject}");
        }
    }

    #[test]
    fn what_git_writes_below_a_merge_is_no_title() {
        for (message, title) in [
            ("Merge branch 'x'\n\nLogin", Some("Login")),
            ("Merge branch 'x'\n\n#12 Login", Some("#12 Login")),
            ("Merge branch 'x'\n\n# Conflicts:\n#\ta", None),
            ("Merge branch 'x'\n\nConflicts:\n\ta", None),
            ("Merge branch 'x'\n\n* y:\n  Login", None),
            ("Merge branch 'x'\n\nSigned-off-by: Ada", None),
            ("Merge branch 'x'", None),
        ] {
            assert_eq!(Message::parse(message).merged_title(), title, "{message}");
        }
    }
}
