// A collector is called without a `self`. It gets its data from resources.
use system_health_registry::system_health_metric;

struct Pulls;

impl Pulls {
    /// Open pull requests.
    #[system_health_metric(key = "pulls.open")]
    fn open(&self) -> u64 { 0 }
}

fn main() {}
