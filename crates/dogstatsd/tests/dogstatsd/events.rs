//! Events arrive as one packet each.

use std::time::Duration;

use system_health_registry::{Event, Fate};
use tokio::time::Instant;

use crate::harness::{listener, received, sink_to};

#[tokio::test]
async fn an_event_arrives_or_is_left_if_nobody_listens() {
    let (socket, address) = listener();
    let sink = sink_to(&address).await;
    let event = Event::new("deploy-1", "Deployed").unwrap().with_text("line\nbreak").unwrap();
    let deadline = || Instant::now() + Duration::from_mins(1);

    let fate = sink.announce(&event, deadline()).await;

    assert!(matches!(fate, Fate::Accepted), "{fate:?}");
    assert_eq!(received(&socket), "_e{8,23}:Deployed|%%% \\nline\\nbreak\\n %%%|k:deploy-1|t:info");
    drop(socket);
    let fate = sink.announce(&event, deadline()).await;
    assert!(matches!(fate, Fate::Left(_)), "{fate:?}");
}
