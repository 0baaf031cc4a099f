//! The signal that asks for the settings to be read again.

use std::io;

/// Waits for SIGHUP.
#[derive(Debug)]
pub(crate) struct ReloadSignal {
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
    #[cfg(test)]
    requests: Option<tokio::sync::mpsc::UnboundedReceiver<()>>,
}

impl ReloadSignal {
    /// Starts to listen for the signal. From now on, the signal does not end the process.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            hangup: Some(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?),
            #[cfg(test)]
            requests: None,
        })
    }

    /// A signal that a test sends.
    #[cfg(test)]
    pub(crate) fn from_requests(requests: tokio::sync::mpsc::UnboundedReceiver<()>) -> Self {
        Self {
            #[cfg(unix)]
            hangup: None,
            requests: Some(requests),
        }
    }

    /// Waits for the next signal. Several signals since the last call count as one. If the call is cancelled, no signal is lost.
    pub(crate) async fn next(&mut self) {
        #[cfg(test)]
        if let Some(requests) = &mut self.requests
            && requests.recv().await.is_some()
        {
            return;
        }
        #[cfg(unix)]
        if let Some(hangup) = &mut self.hangup
            && hangup.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}
