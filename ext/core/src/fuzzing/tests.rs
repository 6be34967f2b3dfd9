use std::path::Path;

use super::*;

#[test]
fn what_has_to_hold_holds_for_every_seed() {
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(name);
        let mut seeds = 0;
        for seed in folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let seed = seed.unwrap().path();
            let held = crate::panic::caught(|| target(&std::fs::read(&seed).unwrap()));
            assert!(held.is_ok(), "{}: {}", seed.display(), held.unwrap_err());
            seeds += 1;
        }
        assert!(seeds >= 10, "{} has {seeds} seeds", folder.display());
    }
}
