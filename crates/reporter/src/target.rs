//! The destinations of a reporter, how they are chosen, and the names of their outboxes.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use system_health_registry::{
    Capabilities, Destination, Repeat, Settings, SinkType, Tag, TagError,
    settings::{NameSuggestions, may_be_secret},
};
use system_health_state::{Continuity, Recipient};

use crate::error::DestinationsError;

/// A destination with its outbox.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) destination: Arc<dyn Destination>,
    /// The name of the outbox, see [`outbox_name`].
    pub(crate) outbox: String,
    pub(crate) capabilities: Capabilities,
    /// The tags of metrics about deliveries to this destination.
    pub(crate) tags: Vec<Tag>,
    /// Only if no destination is configured and this one is tried without settings: the settings that each sink needs.
    pub(crate) settings_hints: Option<String>,
}

/// The sinks that a reporter can use.
#[derive(Clone, Default)]
pub(crate) struct Sinks {
    pub(crate) types: Vec<SinkType>,
    /// The destinations that the program has added itself.
    pub(crate) own: Vec<Arc<dyn Destination>>,
}

impl Sinks {
    /// The names of all sinks, sorted.
    fn names(&self) -> Vec<&'static str> {
        let types = self.types.iter().map(|sink| sink.name);
        let mut names: Vec<_> = types.chain(self.own.iter().map(|own| own.sink())).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Refuses invalid settings of all sinks, including sinks that are not used. So mistakes are found before the first
    /// delivery.
    pub(crate) fn check(&self, settings: &Settings) -> Result<(), DestinationsError> {
        self.types
            .iter()
            .try_for_each(|sink| (sink.configure)(settings).map(drop).map_err(DestinationsError::Settings))
    }

    /// Finds sinks by their names. `place` describes where the name at a position of the list was set.
    pub(crate) fn find(
        &self,
        to: &[String],
        place: impl Fn(usize) -> String,
    ) -> Result<Vec<&'static str>, DestinationsError> {
        let names = self.names();
        let mut found = Vec::new();
        for (position, wanted) in to.iter().enumerate() {
            match names.iter().find(|name| *name == wanted) {
                Some(name) if found.contains(name) => {}
                Some(name) => found.push(*name),
                None if names.is_empty() => return Err(DestinationsError::NoSink),
                None => {
                    let name = if may_be_secret(wanted) { "..." } else { wanted };
                    let known = NameSuggestions::nearest_to(wanted, names);
                    let place = place(position);
                    return Err(DestinationsError::Unknown { place, name: name.to_owned(), known });
                }
            }
        }
        Ok(found)
    }

    /// The destinations of the named sinks. If no sink is named, all configured destinations. If none is configured, those
    /// that need no settings, and among these the [fallbacks](Destination::is_fallback) only if there are no others.
    pub(crate) fn targets(
        &self,
        to: &[&'static str],
        settings: &Settings,
    ) -> Result<Vec<Target>, DestinationsError> {
        let mut chosen = Vec::new();
        for name in if to.is_empty() { self.names() } else { to.to_vec() } {
            let destinations = self.destinations(name, settings)?;
            if !destinations.is_empty() {
                chosen.push(destinations);
            } else if !to.is_empty() {
                let sink = self.types.iter().find(|sink| sink.name == name);
                let settings = sink.map_or("its table", |sink| sink.settings_hint);
                return Err(DestinationsError::NotConfigured { name, settings });
            }
        }
        let is_configured =
            |destinations: &Vec<Arc<dyn Destination>>| destinations.iter().any(|one| one.is_configured());
        let mut none_is_configured = false;
        if to.is_empty() {
            match chosen.iter().any(is_configured) {
                true => chosen.retain(is_configured),
                false if self.names().is_empty() => return Err(DestinationsError::NoSink),
                false if chosen.is_empty() => {
                    return Err(DestinationsError::NoneConfigured { sinks: self.settings_hints() });
                }
                false => {
                    none_is_configured = true;
                    let is_preferred = |destinations: &Vec<Arc<dyn Destination>>| {
                        destinations.iter().any(|one| !one.is_fallback())
                    };
                    if chosen.iter().any(is_preferred) {
                        chosen.retain(is_preferred);
                    }
                }
            }
        }
        let mut targets = Vec::<Target>::new();
        for destinations in chosen {
            let is_one_of_several = destinations.len() > 1;
            for destination in destinations {
                let settings_hints = none_is_configured.then(|| self.settings_hints());
                let target = Target { settings_hints, ..Target::new(destination, is_one_of_several) };
                if targets.iter().any(|other| other.outbox == target.outbox) {
                    return Err(DestinationsError::Twice { outbox: target.outbox });
                }
                targets.push(target);
            }
        }
        Ok(targets)
    }

    /// All sinks with the settings that make them deliver.
    fn settings_hints(&self) -> String {
        let sinks = self.types.iter().map(|sink| format!("{}: set {}", sink.name, sink.settings_hint));
        sinks.collect::<Vec<_>>().join("; ")
    }

    fn destinations(
        &self,
        name: &'static str,
        settings: &Settings,
    ) -> Result<Vec<Arc<dyn Destination>>, DestinationsError> {
        let mut destinations: Vec<_> =
            self.own.iter().filter(|own| own.sink() == name).map(Arc::clone).collect();
        for sink in self.types.iter().filter(|sink| sink.name == name) {
            let configured = (sink.configure)(settings).map_err(DestinationsError::Settings)?;
            destinations.extend(configured.into_iter().map(Arc::from));
        }
        Ok(destinations)
    }
}

/// The name of the outbox of a destination. It contains the address, so that waiting points are never sent to another address.
#[must_use]
pub fn outbox_name(destination: &dyn Destination) -> String {
    format!("{} {}", destination.sink(), destination.address())
}

impl Target {
    fn new(destination: Arc<dyn Destination>, is_one_of_several: bool) -> Self {
        let (sink, address) = (destination.sink(), destination.address());
        let outbox = outbox_name(&*destination);
        let tags = tags(sink, is_one_of_several.then_some(&*address)).unwrap_or_else(|error| {
            tracing::warn!(
                "metrics about deliveries to {outbox} have no tag that names the destination: {error}"
            );
            Vec::new()
        });
        Self { capabilities: destination.capabilities(), destination, outbox, tags, settings_hints: None }
    }
}

impl Target {
    /// The recipient of the points of a run. `slot` is the length of a schedule slot, or zero. Several runs in one slot have
    /// the same time. So a destination that adds up repeated points must get them from only one of these runs.
    pub(crate) fn recipient(&self, slot: Duration, watching_since: SystemTime) -> Recipient {
        let Capabilities { gauges, counts, rates, distributions, .. } = self.capabilities;
        let kinds = [("gauge", gauges), ("count", counts), ("rate", rates), ("distribution", distributions)];
        let adds_up = kinds.into_iter().filter(|(_, repeat)| *repeat == Repeat::AddsUp);
        Recipient {
            destination: self.outbox.clone(),
            adds_up: adds_up.map(|(kind, _)| kind).collect(),
            gets_one_point_per_time: !slot.is_zero(),
            watching_since: Some(watching_since),
            counters: self.capabilities.counter_temporality,
            distributions: self.capabilities.distribution_temporality,
            continuity: Continuity::Kept,
        }
    }
}

fn tags(sink: &str, address: Option<&str>) -> Result<Vec<Tag>, TagError> {
    let sink = Tag::new("sink", sink);
    let address = address.map(|address| Tag::new("destination", address));
    [Some(sink), address].into_iter().flatten().collect()
}

impl fmt::Debug for Sinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
