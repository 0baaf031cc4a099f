//! A running intake, in a thread and with a runtime of its own.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream, UdpSocket},
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::Value;
use system_health_intake::{Addresses, Intake, IntakeServer, Notice};
use tokio::sync::oneshot;

/// How long something may take on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A running intake. It stops when it is dropped.
pub(super) struct Running {
    pub(super) intake: Arc<Intake>,
    pub(super) addresses: Addresses,
    notices: Receiver<Notice>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub(super) fn start() -> Self {
        let (sender, notices) = channel();
        let sender = Mutex::new(sender);
        let intake = Intake::in_memory().unwrap().with_observer(move |notice| {
            let _ = sender.lock().unwrap().send(notice.clone());
        });
        let intake = Arc::new(intake);
        let (stop, stopped) = oneshot::channel::<()>();
        let (listening, addresses) = channel();
        let thread = thread::spawn({
            let intake = Arc::clone(&intake);
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let any = "127.0.0.1:0".parse().unwrap();
                    let server = IntakeServer::listen(intake, any, Some(any)).await.unwrap();
                    listening.send(server.addresses().unwrap()).unwrap();
                    let stopped = async {
                        let _ = stopped.await;
                    };
                    server.serve(stopped).await.unwrap();
                });
            }
        });
        let addresses = addresses.recv_timeout(LIMIT).unwrap();
        Self { intake, addresses, notices, stop: Some(stop), thread: Some(thread) }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.addresses.http)
    }

    pub(super) fn dogstatsd(&self) -> SocketAddr {
        self.addresses.dogstatsd.unwrap()
    }

    /// Sends a packet of `DogStatsD`.
    pub(super) fn send(&self, packet: &[u8]) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.send_to(packet, self.dogstatsd()).unwrap();
    }

    /// Waits until `expected` lines of `DogStatsD` have arrived, and returns how many were stored.
    pub(super) fn wait_for_lines(&self, expected: usize) -> usize {
        let (mut arrived, mut total_stored) = (0, 0);
        while arrived < expected {
            let notice = self.notices.recv_timeout(LIMIT).expect("lines of DogStatsD");
            if let Notice::Delivery { item: "line", sent, stored, .. } = notice {
                arrived += sent;
                total_stored += stored;
            }
        }
        total_stored
    }

    /// The JSON answer of one of the intake's own endpoints.
    pub(super) fn get(&self, path: &str) -> Value {
        let (status, body) = self.request(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Adds the length of the body to a raw request and sends it. Returns the status and the body of the answer.
    pub(super) fn request(&self, request: &str) -> (u16, String) {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let length = body.len();
        self.request_as_is(&format!("{head}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"))
    }

    /// Sends a raw request that asks to close the connection. Returns the status and the body of the answer.
    pub(super) fn request_as_is(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.addresses.http).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
