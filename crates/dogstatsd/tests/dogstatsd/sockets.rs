//! If a socket is missing, full or refuses packets, the fate of each point says why.

use std::{fs, os::unix::net::UnixDatagram, time::Duration};

use system_health_registry::{Context, Grade};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::harness::{deliver, deliver_within, destination, distribution, gauge, gauges, listener, sink_to};

/// The time for a delivery to a full queue.
const DELIVERY_TIME: Duration = Duration::from_millis(500);

/// A folder for a socket, and the address of the socket.
fn unix_address() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("unix://{}/dsd.socket", folder.path().display());
    (folder, address)
}

fn bind(address: &str) -> UnixDatagram {
    UnixDatagram::bind(address.strip_prefix("unix://").unwrap()).unwrap()
}

#[tokio::test]
async fn a_unix_socket_receives_full_packets() {
    let (_folder, address) = unix_address();
    let socket = bind(&address);

    let fates = deliver(&*sink_to(&address).await, &gauges(300)).await;

    assert_eq!(fates.accepted.len(), 300);
    let mut buffer = [0; 9000];
    let length = socket.recv(&mut buffer).unwrap();
    assert!(length <= 8192 && length > 8100, "{length}");
    assert!(buffer.starts_with(b"metric.0:0|g|T1767323045\nmetric.1:1|g"));
}

#[tokio::test]
async fn points_are_left_if_nobody_listens_on_the_unix_socket() {
    let (folder, address) = unix_address();
    let missing = deliver(&*sink_to(&address).await, &gauges(3)).await;
    drop(bind(&address));
    let unused = deliver(&*sink_to(&address).await, &gauges(3)).await;
    fs::remove_file(folder.path().join("dsd.socket")).unwrap();

    for (fates, cause) in [(missing, "No such file or directory"), (unused, "Connection refused")] {
        assert_eq!(fates.left.len(), 3, "{fates:?}");
        let message = &fates.left[&0];
        assert!(
            message.starts_with(&format!("cannot reach the Agent at {address}; check `address`")),
            "{message}"
        );
        assert!(message.contains(cause), "{message}");
    }
}

#[tokio::test]
async fn points_are_left_if_the_queue_is_full() {
    let (_folder, address) = unix_address();
    let _socket = bind(&address);

    // The points fill more than 800 packets, and the queue takes fewer.
    let fates = deliver_within(DELIVERY_TIME, &*sink_to(&address).await, &gauges(200_000)).await;

    assert_eq!(fates.accepted.len() + fates.left.len(), 200_000);
    let last = fates.accepted.last().unwrap();
    assert!(fates.left.keys().all(|position| position > last));
    let message = format!("the Agent at {address} does not take packets: its queue is full");
    assert!(fates.left.values().all(|left| *left == message), "{:?}", fates.left.values().next());
}

#[tokio::test]
async fn the_fate_of_a_distribution_is_unknown_if_only_a_part_was_sent() {
    let (_folder, address) = unix_address();
    let _socket = bind(&address);
    // More packets than the queue takes: each value is sent with twenty sample rates.
    let values: Vec<_> = (1..2000).map(|number| (1.01_f64.powi(number), (1 << 20) - 1)).collect();
    let points = [gauge("before", 1.0, &[]), distribution("large", &values), gauge("after", 1.0, &[])];

    let fates = deliver_within(DELIVERY_TIME, &*sink_to(&address).await, &points).await;

    assert_eq!((&*fates.accepted, fates.left.keys().collect::<Vec<_>>()), (&[0][..], vec![&2]));
    let message = &fates.unknown[&1];
    assert!(
        message.starts_with("some lines of a point were sent, but a later packet failed: the Agent at"),
        "{message}"
    );
}

#[tokio::test]
async fn points_are_left_if_nobody_listens_on_the_udp_port() {
    let (socket, address) = listener();
    drop(socket);

    let fates = deliver(&*sink_to(&address).await, &gauges(1000)).await;

    assert_eq!(fates.left.len(), 1000, "{fates:?}");
    assert!(fates.left[&0].contains("Connection refused"), "{}", fates.left[&0]);
}

#[tokio::test]
async fn points_are_left_if_the_host_is_unknown_or_no_time_is_left() {
    let unknown = deliver(&*sink_to("udp://host.invalid:8125").await, &gauges(2)).await;
    let (_socket, address) = listener();
    let late = deliver_within(Duration::ZERO, &*sink_to(&address).await, &gauges(2)).await;

    assert!(unknown.left[&0].starts_with("cannot reach the Agent at udp://host.invalid:8125"), "{unknown:?}");
    assert_eq!(late.left[&1], format!("no time was left to send to {address} before the deadline"));
}

#[tokio::test]
async fn a_new_agent_is_found_by_the_next_delivery() {
    let (folder, address) = unix_address();
    let sink = sink_to(&address).await;
    drop(bind(&address));
    let before = deliver(&*sink, &gauges(1)).await;
    fs::remove_file(folder.path().join("dsd.socket")).unwrap();
    let socket = bind(&address);

    let after = deliver(&*sink, &gauges(1)).await;

    assert_eq!((before.left.len(), after.accepted.len()), (1, 1));
    let mut buffer = [0; 100];
    let length = socket.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"metric.0:0|g|T1767323045");
}

#[tokio::test]
async fn the_check_and_the_diagnosis_find_out_whether_somebody_listens() {
    let (socket, udp) = listener();
    let (_folder, unix) = unix_address();
    let reader = bind(&unix);
    let check = async |address: &str| {
        let checked = sink_to(address).await.check(Instant::now() + Duration::from_mins(1)).await;
        let table = format!("address = \"{address}\"");
        let finding = destination(&table).diagnose(Context::new()).await.remove(0);
        (checked.is_ok(), finding.grade, finding.message)
    };

    assert_eq!(check(&unix).await, (true, Grade::Ok, format!("a program reads from {unix}")));
    assert_eq!(
        check(&udp).await,
        (
            true,
            Grade::Ok,
            format!("packets can be sent to {udp}; UDP does not say whether an Agent receives them")
        )
    );
    socket.set_nonblocking(true).unwrap();
    let mut buffer = [0; 10];
    assert!((0..2).all(|_| matches!(socket.recv(&mut buffer), Ok(0))), "only empty packets are sent");
    assert!(socket.recv(&mut buffer).is_err(), "there are no more packets");
    drop((socket, reader));
    for address in [&udp, &unix] {
        let (is_ok, grade, message) = check(address).await;
        assert!(!is_ok && grade == Grade::Failed, "{message}");
        assert!(message.starts_with(&format!("cannot reach the Agent at {address}")), "{message}");
    }
}
