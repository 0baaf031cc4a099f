// All mistakes are reported together, so that they can be fixed together.
use system_health_registry::system_health_metric;

#[system_health_metric(key = "pulls/open", kind = "meter", gaol = "< 5", timeout = "0s")]
unsafe fn open_pull_requests<T>(pulls: &[u64]) {
    pulls.len();
}

fn main() {}
