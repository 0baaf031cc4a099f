//! Calls of collectors and sources. A call that blocks its thread cannot be stopped, and may still be running when later runs
//! start. A service that called it again in each run would lose one thread after another.

use std::{
    collections::HashMap,
    future::poll_fn,
    pin::pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::task_local;

task_local! {
    static CURRENT: Call;
}

/// A call, with the number of threads that work for it now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call(Arc<AtomicUsize>);

/// A thread that works for a call, until this value is dropped.
pub(crate) struct WorkingThread(Call);

/// The calls whose results are no longer awaited although they still had a thread, by the name of the collector or source.
#[derive(Default)]
pub(crate) struct AbandonedCalls(Mutex<HashMap<String, Call>>);

/// A call that is not repeated.
#[derive(Debug, thiserror::Error)]
#[error("not called, because its call in an earlier run still blocks a thread")]
pub(crate) struct StillRunning;

impl Call {
    /// Works for this call in the current task. A task that waits has no thread.
    pub(crate) async fn work<T>(self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(CURRENT.scope(self.clone(), work));
        poll_fn(|context| {
            let _thread = self.working_thread();
            work.as_mut().poll(context)
        })
        .await
    }

    /// The call for which the current task works.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Counts a thread that works for this call.
    pub(crate) fn working_thread(&self) -> WorkingThread {
        self.0.fetch_add(1, Relaxed);
        WorkingThread(self.clone())
    }

    fn is_running(&self) -> bool {
        self.0.load(Relaxed) > 0
    }
}

impl Drop for WorkingThread {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

impl AbandonedCalls {
    /// Fails if a call with this name was abandoned and is still running.
    pub(crate) fn check(&self, name: &str) -> Result<(), StillRunning> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.retain(|_, call| call.is_running());
        if calls.contains_key(name) { Err(StillRunning) } else { Ok(()) }
    }

    /// Remembers a call whose result is no longer awaited, if it is still running.
    pub(crate) fn add(&self, name: String, call: Call) {
        if call.is_running() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, call);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures::FutureExt;

    use super::*;

    #[test]
    fn an_abandoned_call_is_running_until_its_thread_has_ended() {
        let (calls, call) = (AbandonedCalls::default(), Call::default());
        let thread = call.working_thread();

        calls.add("queue.length".to_owned(), call);

        assert!(calls.check("queue.length").is_err());
        assert!(calls.check("queue.age").is_ok());
        drop(thread);
        assert!(calls.check("queue.length").is_ok());
    }

    #[test]
    fn a_task_that_waits_or_has_ended_does_not_run() {
        let calls = AbandonedCalls::default();
        for is_pending in [true, false] {
            let call = Call::default();
            let work = async { if is_pending { pending().await } else { ready(()).await } };
            let mut task = Box::pin(call.clone().work(work));
            assert_eq!((&mut task).now_or_never().is_none(), is_pending);

            calls.add("queue.length".to_owned(), call);

            assert!(calls.check("queue.length").is_ok());
        }
    }
}
