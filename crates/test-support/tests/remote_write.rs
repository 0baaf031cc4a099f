//! The fake receiver of remote writes accepts and refuses the same requests as Prometheus.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use system_health_test_support::remote_write::RemoteWriteReceiver;

/// A request with one sample, as bytes of protobuf: `WriteRequest { TimeSeries { Label { "__name__", name }, Sample } }`.
fn request(name: &str, value: f64, timestamp: u8) -> Vec<u8> {
    let field = |number: u8, content: &[u8]| {
        [&[number << 3 | 2, u8::try_from(content.len()).unwrap()][..], content].concat()
    };
    let label = [field(1, b"__name__"), field(2, name.as_bytes())].concat();
    let sample = [&[1 << 3 | 1][..], &value.to_le_bytes(), &[2 << 3, timestamp]].concat();
    field(1, &[field(1, &label), field(2, &sample)].concat())
}

/// The status and the body of the response.
fn write(receiver: &RemoteWriteReceiver, path: &str, message: &[u8]) -> String {
    let body = snap::raw::Encoder::new().compress_vec(message).unwrap();
    let mut stream = TcpStream::connect(receiver.url().trim_start_matches("http://")).unwrap();
    let length = body.len();
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(&[head.as_bytes(), &body].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    format!("{} {body}", head.split(' ').nth(1).unwrap())
}

#[test]
fn duplicate_out_of_order_and_refused_samples_are_errors() {
    let receiver = RemoteWriteReceiver::start();
    receiver.refuse("refused");
    for (name, value, time, expected) in [
        ("a", 1.0, 10, "204 "),
        ("a", 1.0, 10, "204 "),
        ("a", 2.0, 10, "400 duplicate sample for timestamp"),
        ("a", 2.0, 9, "400 out of order sample"),
        ("b", 2.0, 9, "204 "),
        ("a", 3.0, 11, "204 "),
        ("refused", 1.0, 10, "400 label value is too long"),
    ] {
        let answer = write(&receiver, RemoteWriteReceiver::PATH, &request(name, value, time));
        assert_eq!(answer, expected, "{name} {value} {time}");
    }

    // If a sample is refused, nothing of its request is stored.
    let both = [request("c", 1.0, 10), request("a", 1.0, 9)].concat();
    assert_eq!(write(&receiver, RemoteWriteReceiver::PATH, &both), "400 out of order sample");

    assert_eq!(receiver.values("a"), [(10, 1.0), (11, 3.0)]);
    assert_eq!(receiver.names(), ["a".to_owned(), "b".to_owned()].into());
    assert!(write(&receiver, RemoteWriteReceiver::PATH, b"nonsense").starts_with("400 "));
    assert!(write(&receiver, "/", &request("a", 1.0, 12)).starts_with("404 "));
}
