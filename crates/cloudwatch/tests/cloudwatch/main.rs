//! Tests of the sink: against a server that captures requests, against moto, and with botocore's description of CloudWatch.

mod contract;
mod diagnosis;
mod documents;
mod failures;
mod harness;
mod moto;
mod requests;
