//! Single flight in the process, as `flight/` of the runtime has it.

use crate::rules::{Release, Rules, Turn};
use crate::world::{Flight, Nonce, Process, Stage, Verdict, Wire, World};

impl Stage {
    /// The flight in which this caller has a seat.
    fn seat(self) -> Option<Nonce> {
        match self {
            Self::Claiming { nonce, .. }
            | Self::Aboard(nonce)
            | Self::Polling { nonce, .. }
            | Self::Body(nonce)
            | Self::Filling { nonce, .. }
            | Self::Releasing(nonce) => Some(nonce),
            _ => None,
        }
    }
}

impl World {
    pub(crate) fn flight(&self, home: Process, nonce: Nonce) -> Option<Flight> {
        let mut flights = self.flights.iter().copied().flatten();
        flights.find(|flight| flight.home == home && flight.nonce == nonce)
    }

    /// A load of this process that is not over, whatever its nonce.
    pub(crate) fn any_load(&self, home: Process) -> Option<Nonce> {
        let mut flights = self.flights.iter().flatten();
        let load = flights.find(|flight| {
            let has_entry = matches!(flight.verdict, Some(Verdict::Entry(_)));
            flight.home == home && (flight.armed || has_entry)
        });
        load.map(|flight| flight.nonce)
    }

    /// Changes the flight, which is made if there is none.
    pub(crate) fn with_flight(
        &mut self,
        home: Process,
        nonce: Nonce,
        change: impl FnOnce(&mut Flight),
    ) {
        let is_it = |flight: &Option<Flight>| {
            flight.is_some_and(|flight| flight.home == home && flight.nonce == nonce)
        };
        let place = self.flights.iter().position(is_it);
        let place = place.or_else(|| self.flights.iter().position(Option::is_none));
        let place = place.expect("a flight has a seat taken, so there are no more than readers");
        change(self.flights[place].get_or_insert(Flight {
            home,
            nonce,
            armed: false,
            turn_is_free: true,
            verdict: None,
        }));
    }

    /// Who has the turn tells those aboard; the right is taken out.
    pub(crate) fn end(&mut self, at: usize, nonce: Nonce, verdict: Verdict) {
        let home = self.readers[at].home;
        self.with_flight(home, nonce, |flight| {
            flight.verdict.get_or_insert(verdict);
            flight.armed = false;
        });
    }

    pub(crate) fn is_alone_aboard(&self, at: usize, nonce: Nonce) -> bool {
        self.seats(self.readers[at].home, nonce) == 1
    }

    fn seats(&self, home: Process, nonce: Nonce) -> usize {
        let readers = self.readers.iter();
        let aboard =
            readers.filter(|reader| reader.home == home && reader.stage.seat() == Some(nonce));
        aboard.count()
    }

    /// Takes the caller out of its flight and on to `stage`. The last one out gives the right back, if it is still in.
    pub(crate) fn leave(&mut self, at: usize, stage: Stage, rules: Rules) {
        let left = self.readers[at];
        self.readers[at].stage = stage;
        let Some(nonce) = left.stage.seat() else {
            return;
        };
        let Some(flight) = self.flight(left.home, nonce) else {
            return;
        };
        if self.seats(left.home, nonce) > 0 {
            let had_turn = !matches!(left.stage, Stage::Aboard(_));
            if had_turn && rules.turn == Turn::PassedOn {
                self.with_flight(left.home, nonce, |flight| flight.turn_is_free = true);
            }
            return;
        }
        for place in &mut self.flights {
            if *place == Some(flight) {
                *place = None;
            }
        }
        if flight.armed && stage == Stage::Over && rules.release == Release::OnDrop {
            let wire = Wire::Release;
            self.readers[at].stage = Stage::Parting { nonce, wire };
        }
    }
}
