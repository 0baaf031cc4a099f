//! A server that breaks its first requests: it refuses or resets connections, hangs, answers very slowly, or sends wrong lengths.
//! It forwards later requests to a real server. It uses raw sockets, because an HTTP library cannot break a response.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use socket2::{Domain, SockRef, Socket, Type};

/// How a request is broken.
#[derive(Debug, Clone)]
pub enum WireFault {
    /// No program listens on the port.
    Refused,
    /// The connection is accepted and never answered.
    BlackHole,
    /// The connection is reset in the middle of the answer's body.
    Reset,
    /// One byte of the answer comes every second.
    Drip,
    /// These bytes, and then the end of the connection.
    Raw(String),
}

/// What answers the requests that are not broken.
#[derive(Debug, Clone)]
pub enum Upstream {
    /// The server at this address.
    Server(SocketAddr),
    /// A function that gets a request and returns the body of the answer: JSON, with the content type that AWS uses.
    Function(fn(&str) -> String),
}

/// A server that breaks its first requests.
pub struct FaultyServer {
    address: SocketAddr,
    upstream: Upstream,
    /// How many further requests are broken.
    left: Arc<AtomicUsize>,
    /// The socket that does not listen yet, with [`WireFault::Refused`].
    refused: Mutex<Option<Socket>>,
}

impl WireFault {
    /// An answer with a status, headers and a body.
    #[must_use]
    pub fn answer(status: u16, headers: &str, body: &str) -> Self {
        Self::Raw(answer_text(status, headers, body))
    }
}

impl FaultyServer {
    /// Breaks the first `times` requests, and forwards all later ones. With [`WireFault::Refused`], all connections are refused
    /// until [`Self::heal`] is called.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn start(fault: WireFault, times: usize, upstream: Upstream) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a free port");
        let address =
            socket.local_addr().expect("the address of a socket").as_socket().expect("an IP address");
        let left = Arc::new(AtomicUsize::new(times));
        let server = Self { address, upstream, left, refused: Mutex::default() };
        if matches!(fault, WireFault::Refused) {
            // Until it listens, the socket refuses connections and keeps the port.
            *server.refused() = Some(socket);
        } else {
            server.serve(socket, fault);
        }
        server
    }

    /// The URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops breaking requests.
    pub fn heal(&self) {
        self.left.store(0, Ordering::SeqCst);
        if let Some(socket) = self.refused().take() {
            self.serve(socket, WireFault::Refused);
        }
    }

    fn refused(&self) -> MutexGuard<'_, Option<Socket>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, socket: Socket, fault: WireFault) {
        socket.listen(128).expect("a bound socket can listen");
        let listener = TcpListener::from(socket);
        let (left, upstream) = (Arc::clone(&self.left), self.upstream.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (left, upstream, fault) = (Arc::clone(&left), upstream.clone(), fault.clone());
                // If the client disconnects, only its thread ends.
                thread::spawn(move || answer(stream, &fault, &left, &upstream));
            }
        });
    }
}

fn answer_text(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Status\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

fn answer(
    mut stream: TcpStream,
    fault: &WireFault,
    left: &AtomicUsize,
    upstream: &Upstream,
) -> io::Result<()> {
    let request = read_request(&mut stream)?;
    let is_broken = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
    if !is_broken {
        return forward(&request, stream, upstream);
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n[";
    match fault {
        WireFault::Refused => Ok(()),
        // Waits until the client gives up.
        WireFault::BlackHole => stream.read(&mut [0]).map(drop),
        WireFault::Reset => {
            stream.write_all(head.as_bytes())?;
            SockRef::from(&stream).set_linger(Some(Duration::ZERO))
        }
        WireFault::Drip => head.bytes().cycle().try_for_each(|byte| {
            stream.write_all(&[byte])?;
            thread::sleep(Duration::from_secs(1));
            Ok(())
        }),
        WireFault::Raw(text) => stream.write_all(text.as_bytes()),
    }
}

fn read_request(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let (mut request, mut buffer) = (Vec::new(), [0; 8 * 1024]);
    loop {
        if let Some(head) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
            let length =
                text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
            if request.len() >= head + 4 + length.unwrap_or(0_usize) {
                return Ok(request);
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => request.extend_from_slice(&buffer[..read]),
        }
    }
}

fn forward(request: &[u8], mut stream: TcpStream, upstream: &Upstream) -> io::Result<()> {
    match upstream {
        Upstream::Function(answer) => {
            let body = answer(&String::from_utf8_lossy(request));
            let text = answer_text(200, "content-type: application/x-amz-json-1.1\r\n", &body);
            stream.write_all(text.as_bytes())
        }
        Upstream::Server(address) => {
            let mut server = TcpStream::connect(address)?;
            // One request per connection, so that the end of the connection is the end of the answer.
            let end = request.windows(2).position(|two| two == b"\r\n").unwrap_or_default();
            server.write_all(&request[..end])?;
            server.write_all(b"\r\nconnection: close")?;
            server.write_all(&request[end..])?;
            io::copy(&mut server, &mut stream).map(drop)
        }
    }
}
