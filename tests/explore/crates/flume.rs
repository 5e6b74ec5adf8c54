// Channels with room for none, for one and for all.
:dep flume = "0.11"
use std::thread;
let (meet, met) = flume::bounded(0);
let (give, take) = flume::bounded(1);
let (all, each) = flume::unbounded();
thread::scope(|s| {
    s.spawn(move || {
        meet.send(vec![1]).unwrap();
        drop(meet);
        for number in 2..4 {
            give.send(vec![number]).unwrap();
        }
    });
    s.spawn(move || {
        for number in 4..6 {
            all.send(vec![number]).unwrap();
        }
    });
    let sum: i32 = met.iter().chain(take.iter()).chain(each.iter()).map(|it| it[0]).sum();
    assert_eq!(sum, 15);
});
