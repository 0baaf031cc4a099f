//! Datadog's sites: separate installations, each with its own accounts and keys. A site refuses the keys of all other sites,
//! so an unknown name is an error and never replaced by the default.

use std::{fmt, str::FromStr};

/// A public Datadog site. See <https://docs.datadoghq.com/getting_started/site/>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Site(&'static str);

/// The text is not a site. It is not quoted: people mix up `DD_SITE` and `DD_API_KEY`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not a Datadog site; the sites are {}", Site::ALL.map(|site| site.0).join(", "))]
pub struct SiteError(());

impl Site {
    /// All public sites.
    pub const ALL: [Self; 9] = [
        Self("datadoghq.com"),
        Self("us3.datadoghq.com"),
        Self("us5.datadoghq.com"),
        Self("datadoghq.eu"),
        Self("uk1.datadoghq.com"),
        Self("ap1.datadoghq.com"),
        Self("ap2.datadoghq.com"),
        Self("ddog-gov.com"),
        Self("us2.ddog-gov.com"),
    ];

    /// The site's name, such as `datadoghq.eu`.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        self.0
    }
}

impl Site {
    /// The address of the web interface, such as `https://app.datadoghq.eu`.
    #[must_use]
    pub fn app_url(&self) -> String {
        // Only sites without a subdomain have the web interface at `app`.
        let has_subdomain = self.0.matches('.').count() > 1;
        if has_subdomain { format!("https://{self}") } else { format!("https://app.{self}") }
    }
}

impl Default for Site {
    /// `datadoghq.com`, which is also called US1.
    fn default() -> Self {
        Self::ALL[0]
    }
}

impl FromStr for Site {
    type Err = SiteError;

    /// Parses the value of `DD_SITE`. Upper and lower case are equivalent.
    fn from_str(name: &str) -> Result<Self, SiteError> {
        let name = name.trim();
        let site = Self::ALL.into_iter().find(|site| site.0.eq_ignore_ascii_case(name));
        site.ok_or(SiteError(()))
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_web_interface_is_at_app_only_for_sites_without_a_subdomain() {
        for (site, url) in [
            ("datadoghq.com", "https://app.datadoghq.com"),
            ("us3.datadoghq.com", "https://us3.datadoghq.com"),
            ("ddog-gov.com", "https://app.ddog-gov.com"),
        ] {
            assert_eq!(site.parse::<Site>().unwrap().app_url(), url);
        }
    }

    #[test]
    fn upper_and_lower_case_are_equivalent() {
        assert_eq!("datadoghq.com".parse(), Ok(Site::default()));
        assert_eq!(" US5.DataDogHQ.com\n".parse(), Ok(Site("us5.datadoghq.com")));
        for site in Site::ALL {
            assert_eq!(site.as_str().parse(), Ok(site));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_list_of_sites() {
        assert_eq!(
            "app.datadoghq.eu".parse::<Site>().unwrap_err().to_string(),
            "this is not a Datadog site; the sites are datadoghq.com, us3.datadoghq.com, \
             us5.datadoghq.com, datadoghq.eu, uk1.datadoghq.com, ap1.datadoghq.com, ap2.datadoghq.com, \
             ddog-gov.com, us2.ddog-gov.com"
        );
        for name in ["", "us1", "datadoghq.com.example.org"] {
            assert_eq!(name.parse::<Site>(), Err(SiteError(())));
        }
    }
}
