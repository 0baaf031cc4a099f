//! The URL of CloudWatch in a region.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

/// For each partition: the start of its regions' names, its domain, and its domain with IPv6. All other regions have
/// [`OTHER_DOMAINS`].
const DOMAINS: [(&str, &str, &str); 6] = [
    ("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    ("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
];
const OTHER_DOMAINS: (&str, &str) = ("amazonaws.com", "api.aws");

/// The URL of CloudWatch in a region: `AWS_ENDPOINT_URL_CLOUDWATCH`, `AWS_ENDPOINT_URL`, the profile's `endpoint_url`, or
/// AWS's own. See
/// <https://docs.aws.amazon.com/general/latest/gr/cw_region.html>.
pub(super) fn endpoint(config: &SdkConfig, region: &str) -> String {
    let key = ServiceConfigKey::builder()
        .service_id("CloudWatch")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .expect("all parts of the key are set");
    let configured = config.service_config().and_then(|settings| settings.load_config(key));
    configured.or_else(|| config.endpoint_url().map(str::to_owned)).unwrap_or_else(|| {
        standard_endpoint(region, config.use_fips() == Some(true), config.use_dual_stack() == Some(true))
    })
}

fn standard_endpoint(region: &str, fips: bool, dual_stack: bool) -> String {
    // In GovCloud, all endpoints fulfil FIPS, and none has the name `monitoring-fips`.
    let host = if fips && !region.starts_with("us-gov-") { "monitoring-fips" } else { "monitoring" };
    let known = DOMAINS.into_iter().find(|(start, ..)| region.starts_with(start));
    let (domain, dual_stack_domain) =
        known.map_or(OTHER_DOMAINS, |(_, domain, dual_stack_domain)| (domain, dual_stack_domain));
    format!("https://{host}.{region}.{}", if dual_stack { dual_stack_domain } else { domain })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_endpoint_depends_on_the_partition() {
        for (region, fips, dual_stack, expected) in [
            ("eu-west-1", false, false, "https://monitoring.eu-west-1.amazonaws.com"),
            ("us-east-1", true, false, "https://monitoring-fips.us-east-1.amazonaws.com"),
            ("us-east-1", false, true, "https://monitoring.us-east-1.api.aws"),
            ("us-gov-west-1", true, false, "https://monitoring.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", false, false, "https://monitoring.cn-north-1.amazonaws.com.cn"),
            ("us-iso-east-1", false, false, "https://monitoring.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", false, true, "https://monitoring.us-isob-east-1.api.aws.scloud"),
        ] {
            assert_eq!(standard_endpoint(region, fips, dual_stack), expected);
        }
    }
}
