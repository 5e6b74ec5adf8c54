//! scoped_threadpool: borrowed data on a pool.

use scoped_threadpool::Pool;

fn main() {
    let mut numbers = [1, 2, 3, 4, 5, 6, 7, 8];
    let mut pool = Pool::new(4);
    pool.scoped(|scope| {
        for n in &mut numbers {
            scope.execute(move || *n += 1);
        }
    });
    assert_eq!(numbers, [2, 3, 4, 5, 6, 7, 8, 9]);
}
