//! Pages of AWS's console.

use url::Url;

/// The address of the console's page at a path. Names in the path are encoded. `None` if the console's domain is not known.
pub(super) fn console_page<'a>(region: &str, path: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let domain = match region.split_once('-')? {
        ("cn", _) => "console.amazonaws.cn",
        ("us", rest) if rest.starts_with("gov-") => "console.amazonaws-us-gov.com",
        ("us" | "eu", rest) if rest.starts_with("iso") => return None,
        ("eusc", _) => return None,
        _ => "console.aws.amazon.com",
    };
    let mut page = Url::parse(&format!("https://{region}.{domain}/?region={region}")).ok()?;
    page.path_segments_mut().ok()?.clear().extend(path);
    Some(page.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_of_the_console_depends_on_the_partition() {
        for (region, expected) in [
            ("eu-west-1", Some("https://eu-west-1.console.aws.amazon.com/a/b%2Fc?region=eu-west-1")),
            ("cn-north-1", Some("https://cn-north-1.console.amazonaws.cn/a/b%2Fc?region=cn-north-1")),
            (
                "us-gov-west-1",
                Some("https://us-gov-west-1.console.amazonaws-us-gov.com/a/b%2Fc?region=us-gov-west-1"),
            ),
            ("us-iso-east-1", None),
            ("eu-isoe-west-1", None),
            ("eusc-de-east-1", None),
        ] {
            assert_eq!(console_page(region, ["a", "b/c"]).as_deref(), expected);
        }
    }
}
