//! The structure of a commit message: the subject with its prefixes, and the lines of the body. Classifiers look at
//! these parts separately, because the same word has different meanings in them.

use super::pattern::patterns;

/// A parsed commit message.
#[derive(Debug, Clone)]
pub(super) struct CommitMessage<'a> {
    subject: &'a str,
    body: Vec<&'a str>,
}

/// The subject of a merge, as git, GitHub, GitLab, Gitea or Bitbucket write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MergeSubject<'a> {
    /// The branch that was merged, perhaps with its owner as a prefix.
    pub(super) branch: &'a str,
}

patterns! {
    MERGE = concat!(
        r"(?i)^(?:merged? pull request (?:\S+|'.*' \(\S+\))(?: in \S+)? from (?P<pull>\S+)",
        r"|merged? (?:remote-tracking )?(?:branch|pull request \S+ branch) '(?P<branch>[^']+)'",
        r"|merged in (?P<bitbucket>\S+)",
        r"|merged? (?:branch )?(?P<path>[^\s']*[/_-][^\s']*) into\s",
        r"|merged? (?:branch )?(?P<word>[\w\x80-\xff]+) into (?:main|master|develop|staging|production)\b)",
    );

    /// Lines that git, GitLab and people write below the subject of a merge, and that are not a title.
    NO_TITLE = r"(?i)^(?:\s|#\s|conflicts:|see merge request\s|approved-by:|signed-off-by:|co-authored-by:)";

    /// A prefix: a tag, a scope of up to four words before a colon, a ticket, a number, a word with a slash, or a symbol.
    PREFIX = concat!(
        r"^(?:\[[^\]]{1,60}\]:?|\([^)]{1,60}\):?|[\w\x80-\xff-]+(?:\([^)]*\))?!?:|[A-Za-z]+[-_ ]?[0-9]+[.:]|[A-Z][A-Z0-9]+-[0-9]+",
        r"|#[0-9]+:?|[\w\x80-\xff]+ ?/|:\w+:|[^\s:\x22'`]+(?: [^\s:\x22'`]+){1,3}:|(?u:[^0-9A-Za-z_\s\[(\x22'`#:\x{201c}]+))",
    );
}

impl<'a> CommitMessage<'a> {
    pub(super) fn parse(message: &'a str) -> Self {
        let mut lines = message.lines().map(str::trim_end).skip_while(|line| line.trim().is_empty());
        let subject = lines.next().unwrap_or_default().trim_start();
        Self { subject, body: lines.collect() }
    }

    pub(super) fn subject(&self) -> &'a str {
        self.subject
    }

    /// The lines after the subject, including empty ones.
    pub(super) fn body(&self) -> &[&'a str] {
        &self.body
    }

    /// The first line of the body that is not empty.
    pub(super) fn first_body_line(&self) -> Option<&'a str> {
        self.body.iter().copied().find(|line| !line.trim().is_empty())
    }

    /// The title of a merged pull request, which GitHub and GitLab write below the merge's subject.
    pub(super) fn merged_title(&self) -> Option<&'a str> {
        self.first_body_line().filter(|line| bullet(line).is_none() && !NO_TITLE.is_match(line))
    }

    /// The top-level bullets of the body. In a squash merge, each is one of the squashed commits.
    pub(super) fn bullets(&self) -> impl Iterator<Item = &'a str> {
        self.body.iter().filter_map(|line| bullet(line))
    }

    /// The merge that the subject describes.
    pub(super) fn merge(&self) -> Option<MergeSubject<'a>> {
        MergeSubject::parse(self.subject)
    }
}

impl<'a> MergeSubject<'a> {
    pub(super) fn parse(line: &'a str) -> Option<Self> {
        let found = MERGE.captures(line)?;
        let names = ["pull", "branch", "bitbucket", "path", "word"];
        let branch = names.into_iter().find_map(|name| found.get(name))?;
        Some(Self { branch })
    }
}

/// The text of a bullet that is not indented.
pub(super) fn bullet(line: &str) -> Option<&str> {
    line.strip_prefix("* ").or_else(|| line.strip_prefix("- ")).map(str::trim_start)
}

/// A title, then the title without its first prefix, and so on: `[API] fix: revert login`,
/// `fix: revert login`, `revert login`.
pub(super) fn without_prefixes(title: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(title.trim()), |title| {
        let prefix = PREFIX.find(title)?;
        let rest = &title[prefix.len()..];
        let ends_here = prefix.ends_with([']', ')']) || rest.starts_with([' ', '\t', '(']);
        ends_here.then(|| rest.trim_start())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_prefixes_of_a_title_are_removed() {
        let last = |title| without_prefixes(title).last().unwrap();
        for (title, description) in [
            ("[API] fix(web ui)!: revert login", "revert login"),
            ("SHOP-12: [x][y] go", "go"),
            ("fix / go", "go"),
            ("#12 go", "go"),
            ("SHOP-12 go", "go"),
            ("kafka sink: go", "go"),
            (":bug: go", "go"),
            ("Größe: go", "go"),
            ("登录: go", "go"),
            ("go", "go"),
            ("a::b is public", "a::b is public"),
            ("go: ", "go:"),
            ("", ""),
        ] {
            assert_eq!(last(title), description, "{title}");
        }
    }

    #[test]
    fn the_branch_of_a_merge_is_found() {
        for (subject, branch) in [
            ("Merge pull request #12 from acme/hotfix/login", "acme/hotfix/login"),
            ("Merge pull request 'It's (done)' (#3) from hotfix/x into main", "hotfix/x"),
            ("Merge pull request #4 in SHOP/web from hotfix/x to main", "hotfix/x"),
            ("Merge branch 'hotfix/1.2' into develop", "hotfix/1.2"),
            ("Merge remote-tracking branch 'origin/x'", "origin/x"),
            ("Merged in hotfix/x (pull request #3)", "hotfix/x"),
            ("Merge hotfix/1.2 into main", "hotfix/1.2"),
            ("Merge hotfix into main", "hotfix"),
        ] {
            assert_eq!(MergeSubject::parse(subject), Some(MergeSubject { branch }), "{subject}");
        }
        for subject in ["Merge the two parsers", "Merge parsers into one", "Merge the hot-path into one"] {
            assert_eq!(MergeSubject::parse(subject), None, "{subject}");
        }
    }

    #[test]
    fn text_that_git_writes_below_a_merge_is_not_a_title() {
        for (message, title) in [
            ("Merge branch 'x'\n\nLogin", Some("Login")),
            ("Merge branch 'x'\n\n#12 Login", Some("#12 Login")),
            ("Merge branch 'x'\n\n# Conflicts:\n#\ta", None),
            ("Merge branch 'x'\n\nConflicts:\n\ta", None),
            ("Merge branch 'x'\n\n* y:\n  Login", None),
            ("Merge branch 'x'\n\nSigned-off-by: Ada", None),
            ("Merge branch 'x'", None),
        ] {
            assert_eq!(CommitMessage::parse(message).merged_title(), title, "{message}");
        }
    }
}
