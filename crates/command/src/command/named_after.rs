//! The reporter is named after the repositories and the branch of the built-in metrics.

use system_health_collectors::repository::{Repository, RepositorySettings};
use system_health_registry::{Context, Subjects};
use system_health_reporter::NamedAfter;

/// The repository and the branch of the settings. With several repositories, the reporter is named after none of them, but
/// all of them distinguish it from other reporters.
pub(super) async fn repositories(context: Context) -> NamedAfter {
    let branch = context.get::<RepositorySettings>().await.ok().and_then(|settings| settings.branch);
    let mut selection: Vec<String> = branch.iter().map(|branch| format!("branch {branch}")).collect();
    let repositories = context.get::<Subjects<Repository>>().await;
    // A clone without a remote has only the name of its folder, which may differ in each pod.
    let known = repositories.iter().flatten().filter_map(Repository::named);
    let names: Vec<String> = known.map(ToString::to_string).collect();
    let subject = match &names[..] {
        [only] => Some(only.clone()),
        several => {
            selection.extend(several.iter().map(|name| format!("repository {}", name.to_lowercase())));
            None
        }
    };
    NamedAfter { subject, selection }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use system_health_registry::Settings;

    use super::*;

    async fn named_after(settings: &str) -> NamedAfter {
        let settings = Settings::builder().toml(Path::new("a.toml"), settings).unwrap().build().unwrap();
        repositories(Context::new().provide(settings)).await
    }

    #[tokio::test]
    async fn only_a_single_repository_gives_the_reporter_its_name() {
        let one = named_after("[repository]\nname = 'Acme/Shop'\nbranch = 'next'").await;
        let several = named_after("[repository]\nnames = ['acme/web', 'Acme/Shop']").await;

        assert_eq!(one.subject.as_deref(), Some("Acme/Shop"));
        assert_eq!(one.selection, ["branch next"]);
        assert_eq!(several.subject, None);
        let mut selection = several.selection;
        selection.sort();
        assert_eq!(selection, ["repository acme/shop", "repository acme/web"]);
    }
}
