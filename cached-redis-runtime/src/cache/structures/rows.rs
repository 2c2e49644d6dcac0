//! A ranking as the source has it, in the order that Redis has.

use std::collections::HashSet;

use super::member::Member;

/// A member of a ranking, and where it stands.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Ranked<M> {
    /// Who.
    pub member: M,
    /// How much.
    pub score: f64,
    /// How many are above it: 0 for the best.
    pub rank: u64,
}

#[derive(Debug)]
pub(super) struct Rows<M>(Vec<Row<M>>);

#[derive(Debug)]
struct Row<M> {
    member: M,
    text: String,
    score: f64,
}

impl<M: Member> Rows<M> {
    /// What is no number ranks nowhere, and who comes twice counts as he came first.
    pub(super) fn new(rows: Vec<(M, f64)>) -> Self {
        let mut known = HashSet::with_capacity(rows.len());
        let mut ranked = Vec::with_capacity(rows.len());
        for (member, score) in rows {
            let text = member.to_member().into_owned();
            if let Some(score) = score_of(score)
                && known.insert(text.clone())
            {
                ranked.push(Row {
                    member,
                    text,
                    score,
                });
            }
        }
        ranked.sort_by(|a, b| {
            let scores = b.score.total_cmp(&a.score);
            scores.then_with(|| b.text.cmp(&a.text))
        });
        Self(ranked)
    }

    pub(super) fn len(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn find(&self, text: &str) -> Option<(u64, f64)> {
        let rank = self.0.iter().position(|row| row.text == text)?;
        Some((rank as u64, self.0[rank].score))
    }

    pub(super) fn slice(&self, first: u64, n: u64) -> Vec<Ranked<M>> {
        let skipped = usize::try_from(first).unwrap_or(usize::MAX);
        let taken = usize::try_from(n).unwrap_or(usize::MAX);
        let rows = self.0.iter().skip(skipped).take(taken);
        let ranked = rows.zip(first..).map(|(row, rank)| Ranked {
            member: row.member.clone(),
            score: row.score,
            rank,
        });
        ranked.collect()
    }

    /// As they are stored.
    pub(super) fn stored(&self) -> Vec<(String, f64)> {
        let rows = self.0.iter();
        rows.map(|row| (row.text.clone(), row.score)).collect()
    }
}

/// A score as it is stored: a number, and zero without a sign.
pub(super) fn score_of(score: f64) -> Option<f64> {
    (!score.is_nan()).then_some(score + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_in_the_order_of_a_sorted_set() {
        let rows = Rows::new(vec![
            ("b".to_owned(), 1.0),
            ("a".to_owned(), 1.0),
            ("B".to_owned(), 1.0),
            ("low".to_owned(), f64::NEG_INFINITY),
            ("zero".to_owned(), -0.0),
            ("null".to_owned(), 0.0),
            ("none".to_owned(), f64::NAN),
            ("a".to_owned(), 7.0),
        ]);
        let order: Vec<_> = rows
            .slice(0, 100)
            .into_iter()
            .map(|row| row.member)
            .collect();
        assert_eq!(order, ["b", "a", "B", "zero", "null", "low"]);
        assert_eq!(rows.find("a"), Some((1, 1.0)));
        assert_eq!(rows.find("none"), None);
        assert_eq!(rows.slice(4, 1)[0].rank, 4);
        assert_eq!(rows.len(), 6);
    }
}
