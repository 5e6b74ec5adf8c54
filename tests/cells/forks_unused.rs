//# title: elements have the numbers that they were made as, also where others are never used
//# lock shards[2]: acquisitions=1
//# lock shards[5]: acquisitions=2
use std::sync::{Arc, Mutex};
use std::thread;
{
    let shards: Arc<Vec<_>> = Arc::new((0..8).map(|_| Mutex::new(0)).collect());
    let users: Vec<_> = [5, 2, 5].into_iter().map(|shard| {
        let shards = shards.clone();
        thread::spawn(move || *shards[shard].lock().unwrap() += 1)
    }).collect();
    users.into_iter().for_each(|user| user.join().unwrap());
}
