//# right: the pool's own scope
:dep rayon = "1"
use rayon::prelude::*;
use std::hint::black_box;

{
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().unwrap();
    let mut prices = vec![0; 300];
    pool.scope(|_| prices.par_iter_mut().enumerate().for_each(|(order, price)| {
        (0..20_000).for_each(|step| { black_box(step); });
        *price = order as u64 % 10;
    }));
    println!("total: {}", prices.iter().sum::<u64>());
}
//# wrong: threads >= 2; it is 0 (hand the jobs to the pool: into_par_iter inside install)
println!("total: {}", (0..300u64).map(|order| order % 10).sum::<u64>());
