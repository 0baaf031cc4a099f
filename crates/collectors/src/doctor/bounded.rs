//! A diagnosis that people can read, however many repositories there are.

use system_health_registry::Finding;

/// Maximum number of lines of one kind.
const MAX_LINES: usize = 10;

/// The first of these findings, all of one kind, and a line that counts the others.
#[must_use]
pub fn bounded(mut findings: Vec<Finding>) -> Vec<Finding> {
    let more = findings.len().saturating_sub(MAX_LINES);
    if more == 0 {
        return findings;
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.grade));
    let rest = findings.split_off(MAX_LINES);
    let last = rest.first().map(|worst| {
        Finding::new(
            "more",
            worst.grade,
            format!("{more} more like the last ones, such as {}", worst.subject),
        )
    });
    findings.extend(last);
    findings
}

#[cfg(test)]
mod tests {
    use system_health_registry::Grade;

    use super::*;

    #[test]
    fn many_findings_are_cut_and_the_worst_come_first() {
        let findings = |count: usize| {
            let finding = |number| match number {
                30 => Finding::failed("30", "gone"),
                number => Finding::warning(number.to_string(), "no data"),
            };
            bounded((0..count).map(finding).collect())
        };

        assert_eq!(findings(10).len(), 10);
        let many = findings(40);
        assert_eq!((many.len(), many[0].grade, &*many[0].subject), (11, Grade::Failed, "30"));
        assert_eq!(many[10], Finding::warning("more", "30 more like the last ones, such as 9"));
    }
}
