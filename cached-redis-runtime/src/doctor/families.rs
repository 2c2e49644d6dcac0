//! What matters here of the annotated functions, and of the loaders and structures that were made.

/// What the functions of the program expect of a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Families {
    /// How many functions store entries.
    pub(super) count: usize,
    /// The templates of entries without a TTL.
    pub(super) forever: Vec<&'static str>,
    /// The templates of entries with tags.
    pub(super) tagged: Vec<&'static str>,
}

impl Families {
    /// Those of the catalogue.
    #[cfg(feature = "catalogue")]
    pub(crate) fn of(catalogue: &crate::catalogue::Catalogue) -> Self {
        let mut families = Self::default();
        for entry in catalogue {
            // An invalidation stores nothing and has no TTL.
            let (Some(ttl), [template]) = (entry.ttl(), entry.templates()) else {
                continue;
            };
            families.count += 1;
            if ttl == "forever" {
                families.forever.push(template);
            }
            if !entry.tags().is_empty() {
                families.tagged.push(template);
            }
        }
        for templates in [&mut families.forever, &mut families.tagged] {
            templates.sort_unstable();
            templates.dedup();
        }
        families
    }
}

/// The first few of them, in words.
pub(super) fn some(templates: &[&str]) -> String {
    const FEW: usize = 3;
    let few = templates.iter().take(FEW);
    let mut text = few
        .map(|template| format!("`{template}`"))
        .collect::<Vec<_>>()
        .join(", ");
    let rest = templates.len().saturating_sub(FEW);
    if rest > 0 {
        text = format!("{text} and {rest} more");
    }
    text
}
