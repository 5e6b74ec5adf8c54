// A map of two shards: entries that two threads change, a walk meanwhile.
:dep dashmap = "6"
use dashmap::DashMap;
use std::thread;
let map = DashMap::with_shard_amount(2);
thread::scope(|s| {
    for number in 0..2 {
        let map = &map;
        s.spawn(move || {
            for word in ["a", "b"] {
                *map.entry(word.to_owned()).or_insert(0) += 1;
            }
            map.insert(format!("{number}"), 10);
        });
    }
    assert!(map.iter().map(|it| *it.value()).sum::<i32>() <= 24);
});
assert_eq!(map.remove("a"), Some(("a".to_owned(), 2)));
assert_eq!(map.iter().map(|it| *it.value()).sum::<i32>(), 22);
