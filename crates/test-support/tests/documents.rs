//! The Markdown pages of the repository: their links lead somewhere, and the glossary names types that exist.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The files in a folder and its subfolders whose names have this ending, except those in `target` and in hidden folders.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            if path.is_dir() && name != "target" && !name.starts_with('.') {
                files(&path, ending)
            } else if name.ends_with(ending) {
                vec![path]
            } else {
                vec![]
            }
        })
        .collect()
}

/// A page without its code blocks.
fn prose(page: &Path) -> String {
    fs::read_to_string(page).unwrap().split("```").step_by(2).collect()
}

/// The targets of links such as `[text](target)`.
fn targets(prose: &str) -> impl Iterator<Item = &str> {
    prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0))
}

/// The anchors that GitHub makes from the headings of a page.
fn anchors(page: &Path) -> Vec<String> {
    let prose = prose(page);
    let headings = prose
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')));
    headings
        .map(|heading| {
            let lowercase = heading.to_lowercase();
            lowercase
                .chars()
                .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}

/// The texts of the source files in a folder.
fn sources(folder: &Path) -> Vec<String> {
    files(folder, ".rs").iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// Whether the source has a public item of this name.
fn defines(source: &str, name: &str) -> bool {
    ["struct", "enum", "trait", "fn"].iter().any(|item| {
        let definition = format!("pub {item} {name}");
        let mut found = source.split(&definition).skip(1);
        found.any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let mut anchors_of = BTreeMap::new();
    let (mut checked, mut broken) = (0, vec![]);
    for page in files(&root(), ".md") {
        for target in targets(&prose(&page)).filter(|target| !target.contains("://")) {
            checked += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            let found = file.exists()
                && (anchor.is_empty()
                    || anchors_of
                        .entry(file.clone())
                        .or_insert_with(|| anchors(&file))
                        .iter()
                        .any(|known| known == anchor));
            if !found {
                broken.push(format!("{}: {target}", page.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(checked > 100, "{checked}");
    assert_eq!(broken, [""; 0]);
}

#[test]
fn the_glossary_names_types_that_exist() {
    let contributing = prose(&root().join("CONTRIBUTING.md"));
    let glossary = contributing.split_once("\n## Glossary\n").unwrap().1;
    let links: Vec<_> = glossary.split("[`").skip(1).map(|rest| rest.split_once("`](").unwrap()).collect();
    assert!(links.len() > 30, "{}", links.len());

    for (name, rest) in links {
        let package = rest.split_once(')').unwrap().0;
        let defined = sources(&root().join(package).join("src")).iter().any(|source| defines(source, name));
        assert!(defined, "{package} does not define `{name}`");
    }
}
