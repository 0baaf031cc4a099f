//! The traces of the last runs. A reader of a trace needs more time than one interval, and the plots of metrics link to the traces of
//! earlier runs.

use std::{collections::VecDeque, sync::Arc};

use system_health_registry::trace::{SpanTag, Trace, TraceId, TraceSpan};

/// Maximum number of traces.
const MAX_TRACES: usize = 100;

/// How much memory the traces may need, in bytes. A pod of the chart has 64 MiB.
const MAX_BYTES: usize = 4 << 20;

/// How much memory a span needs without its texts and messages, in bytes: its fields, and the nodes of the tree of tags.
const SPAN_BYTES: usize = 800;

/// How much memory a tag or a message needs without its text, in bytes.
const TEXT_BYTES: usize = 64;

/// The traces of the last runs, within limits of number and memory. The newest trace is always kept.
#[derive(Debug, Default)]
pub(crate) struct KeptTraces {
    /// The newest one first, each with its size in bytes.
    traces: VecDeque<(Arc<Trace>, usize)>,
    bytes: usize,
}

impl KeptTraces {
    /// Adds the trace of a run, and forgets the oldest traces if there are too many or they are too large.
    pub(crate) fn add(&mut self, trace: Arc<Trace>) {
        let bytes = size(&trace);
        self.traces.push_front((trace, bytes));
        self.bytes += bytes;
        while self.traces.len() > MAX_TRACES || (self.bytes > MAX_BYTES && self.traces.len() > 1) {
            self.bytes -= self.traces.pop_back().map_or(0, |(_, bytes)| bytes);
        }
    }

    /// All traces, the newest one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Trace>> {
        self.traces.iter().map(|(trace, _)| trace)
    }

    /// The trace with this id.
    pub(crate) fn find(&self, id: TraceId) -> Option<Arc<Trace>> {
        self.iter().find(|trace| trace.trace_id == id).cloned()
    }
}

/// About how much memory a trace needs, in bytes.
fn size(trace: &Trace) -> usize {
    trace.spans.iter().map(size_of_span).sum()
}

fn size_of_span(span: &TraceSpan) -> usize {
    let error = span.error.as_ref().map_or(0, |error| error.message.len() + error.stack.len());
    let tags = span.tags.iter().map(|(name, value)| {
        let text = if let SpanTag::Text(text) = value { text.len() } else { 0 };
        TEXT_BYTES + name.len() + text
    });
    let logs = span.logs.iter().map(|log| TEXT_BYTES + log.message.len());
    SPAN_BYTES + span.name.len() + span.resource.len() + error + tags.chain(logs).sum::<usize>()
}

#[cfg(test)]
mod unit_tests {
    use std::{collections::BTreeMap, time::UNIX_EPOCH};

    use system_health_registry::trace::{SpanError, SpanId, SpanLog};

    use super::*;

    fn trace(id: u32, spans: Vec<TraceSpan>) -> Arc<Trace> {
        Arc::new(Trace {
            trace_id: TraceId::new(id.into()).unwrap(),
            service: "test".to_owned(),
            env: None,
            version: None,
            started_at: UNIX_EPOCH,
            spans,
            dropped_spans: 0,
        })
    }

    fn span() -> TraceSpan {
        TraceSpan {
            span_id: SpanId::new(1).unwrap(),
            parent_id: None,
            name: String::new(),
            resource: String::new(),
            start_ns: 0,
            duration_ns: 0,
            unfinished: false,
            error: None,
            tags: BTreeMap::new(),
            logs: vec![],
        }
    }

    fn ids(kept: &KeptTraces) -> Vec<u128> {
        kept.iter().map(|trace| trace.trace_id.get()).collect()
    }

    #[test]
    fn a_limited_number_of_traces_is_kept() {
        let mut kept = KeptTraces::default();
        for id in 1..=150 {
            kept.add(trace(id, vec![span()]));
        }

        assert_eq!(ids(&kept), (51..=150).rev().collect::<Vec<_>>());
        assert!(kept.find(TraceId::new(51).unwrap()).is_some());
        assert!(kept.find(TraceId::new(50).unwrap()).is_none());
    }

    #[test]
    fn large_traces_are_forgotten_earlier_but_the_newest_one_is_kept() {
        let text = || "x".repeat(MAX_BYTES / 3);
        let large = [
            TraceSpan { resource: text(), ..span() },
            TraceSpan { logs: vec![SpanLog { at_ns: 0, level: String::new(), message: text() }], ..span() },
            TraceSpan { tags: BTreeMap::from([("tag".to_owned(), SpanTag::Text(text()))]), ..span() },
            TraceSpan {
                error: Some(SpanError { kind: String::new(), message: text(), stack: String::new() }),
                ..span()
            },
        ];
        let mut kept = KeptTraces::default();
        for (id, span) in (1..).zip(large) {
            kept.add(trace(id, vec![span]));
        }
        assert_eq!(ids(&kept), [4, 3]);

        kept.add(trace(5, vec![span(); MAX_BYTES / SPAN_BYTES + 1]));
        assert_eq!(ids(&kept), [5]);
        kept.add(trace(6, vec![span()]));
        assert_eq!(ids(&kept), [6]);
    }
}
