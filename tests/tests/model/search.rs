//! Every state that can be reached, the nearest first, until one is wrong.

use core::fmt;
use core::hash::Hash;
use std::collections::HashSet;

use crate::properties::Property;

/// One thing that may happen next.
pub(crate) struct Move<S, L> {
    pub(crate) label: L,
    pub(crate) to: S,
    /// Nobody may rely on it: it does not count where somebody waits.
    pub(crate) fault: bool,
}

/// What can be searched.
pub(crate) trait Model {
    type State: Clone + Eq + Hash + fmt::Display;
    type Label: fmt::Display;

    fn start(&self) -> Self::State;
    fn moves(&self, state: &Self::State) -> Vec<Move<Self::State, Self::Label>>;
    /// The same state under the names that all its mirror images share.
    fn canonical(&self, state: Self::State) -> Self::State;
    fn breaks(&self, state: &Self::State, property: Property) -> bool;
    /// Nobody has anything left to do.
    fn is_over(&self, state: &Self::State) -> bool;
}

/// What a search found.
pub(crate) struct Found {
    pub(crate) states: usize,
    pub(crate) broken: Option<Broken>,
}

/// The shortest way to a state that is wrong.
pub(crate) struct Broken {
    pub(crate) property: Property,
    trace: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.property, self.trace)
    }
}

/// Visits all states of `model`; ends at the first that breaks one of `properties`.
pub(crate) fn search<M: Model>(model: &M, properties: &[Property]) -> Found {
    let start = model.canonical(model.start());
    // Each state with the place of the one it was first reached from.
    let mut visited = vec![(start.clone(), 0)];
    let mut known = HashSet::from([start]);
    let mut at = 0;
    while at < visited.len() {
        let state = visited[at].0.clone();
        let moves = model.moves(&state);
        let is_stuck = !model.is_over(&state) && moves.iter().all(|one| one.fault);
        let wrong = properties.iter().find(|&&property| match property {
            Property::Progress => is_stuck,
            _ => model.breaks(&state, property),
        });
        if let Some(&property) = wrong {
            let trace = trace(model, &visited, at);
            let broken = Some(Broken { property, trace });
            return Found {
                states: visited.len(),
                broken,
            };
        }
        for one in moves {
            let to = model.canonical(one.to);
            if known.insert(to.clone()) {
                visited.push((to, at));
            }
        }
        at += 1;
    }
    Found {
        states: visited.len(),
        broken: None,
    }
}

/// Walks the way again from the start, without canonical names, so that everybody keeps theirs.
fn trace<M: Model>(model: &M, visited: &[(M::State, usize)], end: usize) -> String {
    let mut way = Vec::new();
    let mut at = end;
    while at != 0 {
        way.push(&visited[at].0);
        at = visited[at].1;
    }
    let mut state = model.start();
    let mut lines = vec![format!("{:>3}  {:52} {state}\n", 0, "")];
    for (number, step) in way.into_iter().rev().enumerate() {
        let mut moves = model.moves(&state).into_iter();
        let taken = moves.find(|one| model.canonical(one.to.clone()) == *step);
        let taken = taken.expect("mirror images have the same moves");
        state = taken.to;
        let label = taken.label.to_string();
        lines.push(format!("{:>3}  {label:52} {state}\n", number + 1));
    }
    lines.concat()
}
