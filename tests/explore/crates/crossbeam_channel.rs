// Channels with room for none, for one and for all, and a select between two.
:dep crossbeam-channel = "0.5"
use crossbeam_channel::{bounded, select, unbounded};
use std::thread;
let (meet, met) = bounded(0);
let (give, take) = bounded(1);
let (all, each) = unbounded();
thread::scope(|s| {
    s.spawn(move || {
        meet.send(vec![1]).unwrap();
        for number in 2..4 {
            give.send(vec![number]).unwrap();
        }
    });
    s.spawn(move || {
        for number in 4..6 {
            all.send(vec![number]).unwrap();
        }
    });
    let mut sum = met.recv().unwrap()[0];
    for _ in 0..4 {
        select! {
            recv(take) -> it => sum += it.map_or(0, |it| it[0]),
            recv(each) -> it => sum += it.map_or(0, |it| it[0]),
        }
    }
    sum += take.iter().chain(each.iter()).map(|it| it[0]).sum::<i32>();
    assert_eq!(sum, 15);
});
