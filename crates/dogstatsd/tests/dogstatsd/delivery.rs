//! What arrives at a listener.

use std::time::Duration;

use system_health_registry::{Kind, Point};

use crate::harness::{
    deliver, distribution, gauge, gauges, listener, received, sink, sink_to, wide_distribution,
};

#[tokio::test]
async fn points_arrive_in_one_packet_with_kind_tags_and_time() {
    let (socket, address) = listener();
    let interval = Duration::from_mins(15);
    let points = [
        gauge("commits.hotfix", 7.5, &["branch:main", "env:test"]),
        Point { kind: Kind::Count { interval }, ..gauge("deploys", 3.0, &[]) },
        Point { kind: Kind::Rate { interval }, ..gauge("requests", 0.25, &[]) },
        distribution("durations", &[(0.0, 3), (4.0, 1)]),
    ];

    let fates = deliver(&*sink_to(&address).await, &points).await;

    assert_eq!(fates.accepted, [0, 1, 2, 3]);
    assert_eq!(
        received(&socket),
        "commits.hotfix:7.5|g|#branch:main,env:test|T1767323045\n\
         deploys:3|c|T1767323045\n\
         requests:0.25|g|T1767323045\n\
         durations:0:3.9783393623363903|d|#env:test\n\
         durations:0|d|@0.5|#env:test"
    );
}

#[tokio::test]
async fn packets_do_not_exceed_the_limit() {
    for (setting, limit) in [("", 8192), ("max_packet_size = 600", 600)] {
        let (socket, address) = listener();
        let mut points = gauges(100);
        points.push(wide_distribution("wide"));

        let fates = deliver(&*sink(&format!("address = \"{address}\"\n{setting}")).await, &points).await;

        assert_eq!(fates.accepted.len(), 101);
        let (mut gauges, mut values) = (0, 0.0);
        while gauges < 100 || values < 399.0 {
            let packet = received(&socket);
            assert!(packet.len() <= limit, "{packet}");
            for line in packet.lines() {
                let mut fields = line.split('|');
                let colons = fields.next().unwrap().matches(':').count();
                match (fields.next(), fields.next().and_then(|field| field.strip_prefix('@'))) {
                    (Some("d"), None) => values += f64::from(u32::try_from(colons).unwrap()),
                    (Some("d"), Some(rate)) => {
                        values += f64::from(u32::try_from(colons).unwrap()) / rate.parse::<f64>().unwrap();
                    }
                    _ => gauges += 1,
                }
            }
        }
        assert_eq!((gauges, values), (100, 399.0));
    }
}

#[tokio::test]
async fn points_that_cannot_be_sent_are_refused_and_the_others_delivered() {
    let (socket, address) = listener();
    let tags: Vec<String> = (0..50).map(|number| format!("tag{number:02}:{}", "x".repeat(190))).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let points = [
        gauge("a", 1.0, &[]),
        gauge("b|c", 1.0, &[]),
        gauge("d", f64::NAN, &[]),
        gauge("e", 1.0, &tags),
        gauge("f", 2.0, &[]),
    ];

    let fates = deliver(&*sink_to(&address).await, &points).await;

    assert_eq!(fates.accepted, [0, 4]);
    assert_eq!(fates.refused.keys().collect::<Vec<_>>(), [&1, &2, &3]);
    assert!(fates.refused[&3].contains("a packet has at most 8192; raise `max_packet_size`"), "{fates:?}");
    assert_eq!(received(&socket), "a:1|g|T1767323045\nf:2|g|T1767323045");
}

#[tokio::test]
async fn nothing_is_sent_without_points() {
    let (socket, address) = listener();
    socket.set_nonblocking(true).unwrap();

    deliver(&*sink_to(&address).await, &[]).await;

    assert!(socket.recv(&mut [0; 10]).is_err());
}
