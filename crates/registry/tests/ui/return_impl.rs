// The return type is a concrete type. Use `async fn` to return a future.
use system_health_registry::system_health_metric;

/// Open pull requests.
#[system_health_metric(key = "pulls.open")]
fn open_pull_requests() -> impl Future<Output = u64> {
    async { 0 }
}

fn main() {}
