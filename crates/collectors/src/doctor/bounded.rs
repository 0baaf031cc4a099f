//! Limits the length of a diagnosis of many repositories.

use system_health_registry::Finding;

/// Maximum number of findings of one kind.
const MAX_LINES: usize = 10;

/// The worst of these findings, which are of one kind, and one that counts the others.
#[must_use]
pub fn bounded(mut findings: Vec<Finding>) -> Vec<Finding> {
    let others = findings.len().saturating_sub(MAX_LINES);
    if others == 0 {
        return findings;
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.grade));
    let rest = findings.split_off(MAX_LINES);
    let last = rest.first().map(|worst| {
        Finding::new("more", worst.grade, format!("{others} more of this kind, such as {}", worst.subject))
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
        assert_eq!(many[10], Finding::warning("more", "30 more of this kind, such as 9"));
    }
}
