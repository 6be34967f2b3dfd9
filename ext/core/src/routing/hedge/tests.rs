use super::*;

/// How many of so many calls are hedged that all would be.
fn hedged(hedge: &Hedge, calls: usize) -> usize {
    (0..calls)
        .filter(|_| {
            hedge.earn();
            hedge.spend()
        })
        .count()
}

#[test]
fn a_share_of_the_calls_rounded_up_is_hedged_and_the_first_is() {
    for (share, calls, expected) in
        [(0.05, 1, 1), (0.05, 20, 1), (0.05, 21, 2), (0.05, 1000, 50), (1.0, 7, 7), (0.001, 1000, 1)]
    {
        let hedge = Hedge::new(HedgeAfter::P95, share);
        assert_eq!(hedged(&hedge, calls), expected, "{share} of {calls}");
    }
}

#[test]
fn ten_hedges_are_saved_up_at_most() {
    let hedge = Hedge::new(HedgeAfter::P95, 0.05);
    (0..10_000).for_each(|_| hedge.earn());
    assert_eq!((0..100).filter(|_| hedge.spend()).count(), 10);
}

#[test]
fn a_hedge_that_was_not_made_is_given_back() {
    let hedge = Hedge::new(HedgeAfter::P95, 0.05);
    hedge.earn();
    assert!(hedge.spend() && !hedge.spend());
    hedge.give_back();
    assert!(hedge.spend() && !hedge.spend());
}
