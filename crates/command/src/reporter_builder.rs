//! Configures the reporter of a run from the settings and the command line.

use system_health_registry::{Context, NameParts, Settings, SinkType, linked_extensions};
use system_health_reporter::{Reporter, ReporterBuilder};

use crate::{
    args::{GlobList, RunArguments},
    output::standard_output,
};

/// A builder with the settings, overridden by the arguments. `program` is the name of the program, and `own_sinks` are its sinks
/// that are not linked.
pub(crate) fn reporter_builder(
    settings: Settings,
    program: &str,
    own_sinks: &[SinkType],
    arguments: &RunArguments,
) -> ReporterBuilder {
    let patterns = |lists: &[GlobList]| -> Vec<String> {
        GlobList::globs(lists).map(|glob| glob.glob().to_owned()).collect()
    };
    let mut builder = Reporter::builder(settings)
        .program(program)
        .name_parts(name_parts)
        .stdout(standard_output())
        .to(&arguments.to)
        .only(patterns(&arguments.only))
        .skip(patterns(&arguments.skip));
    for sink in own_sinks {
        builder = builder.sink(*sink);
    }
    if let Some(deadline) = arguments.deadline {
        builder = builder.deadline(deadline);
    }
    if let Some(slot) = arguments.align {
        builder = builder.align(slot);
    }
    if let Some(folder) = &arguments.state.folder.state_dir {
        builder = builder.state_dir(folder);
    }
    if arguments.state.no_state {
        builder = builder.without_state();
    }
    if arguments.no_self_metrics {
        builder = builder.without_self_metrics();
    }
    if arguments.no_events {
        builder = builder.without_events();
    }
    builder
}

/// The parts of the reporter's name that the linked crates provide. If the crates name several subjects, the reporter is named
/// after no subject, and the subjects become part of the selection.
async fn name_parts(context: Context) -> NameParts {
    let (mut subjects, mut selection) = (Vec::new(), Vec::new());
    for extension in linked_extensions() {
        let name_parts = extension.name_parts(&context).await;
        subjects.extend(name_parts.subject);
        selection.extend(name_parts.selection);
    }
    match <[String; 1]>::try_from(subjects) {
        Ok([only]) => NameParts { subject: Some(only), selection },
        Err(subjects) => {
            selection.extend(subjects);
            NameParts { subject: None, selection }
        }
    }
}
