//! The metrics of AWS against a fake that answers as AWS documents it, and against the real moto server.

mod alarms;
mod codebuild;
mod codepipeline;
mod fake;
mod moto;
mod random_alarms;
mod random_builds;
mod random_executions;
mod run;
