//! `report init`: writes a settings file for the current folder. It contains the detected values, and every other key as a
//! comment.

mod keys;
mod template;

use std::{
    ffi::OsString,
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    path::Path,
    process,
};

use anyhow::Context as _;
use system_health_credentials::SecretsSettings;
use system_health_registry::{
    Catalog, DetectedSettings, DetectedValue, linked_extensions,
    settings::{SettingsTable as _, TableSpec},
};
use tokio::runtime;

use crate::{
    args::{InitArguments, SettingsArguments},
    exit::ExitStatus,
    hints::WithHint,
    output::Stdout,
    program::Program,
    settings::DEFAULT_FILE,
};
use template::Template;

/// Writes the file, or prints it.
pub(super) fn run(
    program: &Program,
    arguments: &InitArguments,
    catalog: &Catalog,
    stdout: Stdout,
) -> anyhow::Result<ExitStatus> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let detected = runtime.block_on(detect());
    let text = settings_file(program, catalog, &detected);
    let is_stdout = arguments.file.as_deref().is_some_and(|file| file == Path::new("-"));
    if arguments.stdout || is_stdout {
        stdout.write(&text)?;
        return Ok(ExitStatus::Done);
    }
    let file = arguments.file.as_deref().unwrap_or(Path::new(DEFAULT_FILE));
    write(file, &text, arguments.force)?;
    tracing::info!("wrote {}", file.display());
    for step in next_steps(program, &detected, file) {
        tracing::info!("{step}");
    }
    Ok(ExitStatus::Done)
}

/// What the linked crates detect. They make no network requests and read no secrets.
async fn detect() -> DetectedSettings {
    let mut all = DetectedSettings::default();
    for extension in linked_extensions() {
        let DetectedSettings { values, examples, steps } = extension.detect().await;
        all.values.extend(values);
        all.examples.extend(examples);
        all.steps.extend(steps);
    }
    all
}

fn settings_file(program: &Program, catalog: &Catalog, detected: &DetectedSettings) -> String {
    let tables = TableSpec::templates();
    // A program that was built without AWS accepts `[secrets]`, but has no template for it.
    let has_secrets_manager = tables.contains_key(SecretsSettings::NAME);
    let secrets = if has_secrets_manager {
        "environment variables, files or AWS Secrets Manager"
    } else {
        "environment variables or files"
    };
    let mut template = Template::new(tables);
    let sinks: Vec<&str> = program.sinks.iter().map(|sink| sink.name).collect();
    if !sinks.is_empty() {
        template.replace_example("[\"datadog\"]", &format!("{sinks:?}"));
    }
    template.replace_examples(&keys::replacements(catalog));
    for (example, text) in &detected.examples {
        template.replace_example(example, text);
    }
    for DetectedValue { table, key, value, comment } in &detected.values {
        template.set(table, key, value, comment);
    }
    let name = &program.name;
    format!(
        "# Settings of `{name}`, written by `{name} init`. Lines that start with `# ` are explanations, defaults or examples.\n\
         # Secrets do not belong here: they come from {secrets}.\n\
         {template}"
    )
}

/// Writes a new file. An existing one is overwritten only with `force`.
fn write(file: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    let written = if force {
        overwrite(file, text)
    } else {
        let created = OpenOptions::new().write(true).create_new(true).open(file);
        created.and_then(|mut file| file.write_all(text.as_bytes()))
    };
    match written {
        Err(error) if !force && error.kind() == ErrorKind::AlreadyExists => {
            let message = format!("{} exists", file.display());
            let hint = "overwrite it with --force, or print the new one with --stdout";
            Err(WithHint { message, hint }.into())
        }
        written => written.with_context(|| format!("cannot write {}", file.display())),
    }
}

/// Replaces the contents of a file. If this fails, the file still has its old contents, unless it had to be written in
/// place.
fn overwrite(file: &Path, text: &str) -> io::Result<()> {
    let mut opened = OpenOptions::new().write(true).create(true).truncate(false).open(file)?;
    let metadata = opened.metadata()?;
    // A new file and a device have no contents to keep.
    if !metadata.is_file() || metadata.len() == 0 {
        return opened.write_all(text.as_bytes());
    }
    drop(opened);
    // A link stays a link.
    let file = fs::canonicalize(file)?;
    let mut name = OsString::from(".");
    name.push(file.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", process::id()));
    let temporary = file.with_file_name(name);
    let replaced = fs::write(&temporary, text)
        .and_then(|()| fs::set_permissions(&temporary, metadata.permissions()))
        .and_then(|()| fs::rename(&temporary, &file));
    if replaced.is_err() {
        // A failed attempt must not leave the temporary file behind.
        let _ = fs::remove_file(&temporary);
    }
    match replaced {
        // The folder is read-only, or the file is mounted into it.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::ResourceBusy
            ) =>
        {
            fs::write(&file, text)
        }
        replaced => replaced,
    }
}

fn next_steps(program: &Program, detected: &DetectedSettings, file: &Path) -> Vec<String> {
    let name = &program.name;
    // The file that the commands read without `--config`.
    let named = SettingsArguments::from_environment().config.filter(|named| !named.as_os_str().is_empty());
    let is_read = named.as_deref().unwrap_or(Path::new(DEFAULT_FILE)) == file;
    let config = if is_read { String::new() } else { format!(" --config {}", shell_word(file)) };
    let mut steps: Vec<String> = detected.steps.iter().map(|step| format!("next: {step}")).collect();
    steps.push(format!(
        "next: `{name} doctor{config}` checks the settings, `{name}{config}` shows the values"
    ));
    steps
}

/// A path as one word of a shell.
fn shell_word(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if path.chars().all(is_plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
