//# right: the guard of the list is dropped by hand
use std::{sync::Mutex, thread, time::Duration};

{
    let prices = Mutex::new(vec![5, 7, 9]);
    let takings = Mutex::new(0);
    thread::scope(|restaurant| {
        for dish in 0..3 {
            let (prices, takings) = (&prices, &takings);
            restaurant.spawn(move || for _guest in 1..=4 {
                let list = prices.lock().unwrap();
                let price = list[dish];
                drop(list);
                thread::sleep(Duration::from_millis(15));
                let mut sum = takings.lock().unwrap();
                *sum += price;
            });
        }
    });
    println!("takings: {}", takings.lock().unwrap());
}
//# right: one look, and one addition, for each waiter
use std::{sync::Mutex, thread, time::Duration};

{
    let prices = Mutex::new(vec![5, 7, 9]);
    let takings = Mutex::new(0);
    thread::scope(|restaurant| {
        for dish in 0..3 {
            let (prices, takings) = (&prices, &takings);
            restaurant.spawn(move || {
                let price = prices.lock().unwrap()[dish];
                let mut sum = 0;
                for _guest in 1..=4 {
                    thread::sleep(Duration::from_millis(15));
                    sum += price;
                }
                *takings.lock().unwrap() += sum;
            });
        }
    });
    println!("takings: {}", takings.into_inner().unwrap());
}
//# wrong: no finding held_across_wait; the report says
use std::{sync::Mutex, thread, time::Duration};

{
    let prices = Mutex::new(vec![5, 7, 9]);
    let takings = Mutex::new(0);
    thread::scope(|restaurant| {
        for dish in 0..3 {
            let (prices, takings) = (&prices, &takings);
            restaurant.spawn(move || for _guest in 1..=4 {
                let price = prices.lock().unwrap()[dish];
                let mut sum = takings.lock().unwrap();
                thread::sleep(Duration::from_millis(15));
                *sum += price;
            });
        }
    });
    println!("takings: {}", takings.lock().unwrap());
}
//# wrong: acquisitions of prices >= 3; the report has no `prices`
use std::{sync::Mutex, thread, time::Duration};

{
    let prices = vec![5, 7, 9];
    let takings = Mutex::new(0);
    thread::scope(|restaurant| {
        for price in prices {
            let takings = &takings;
            restaurant.spawn(move || for _guest in 1..=4 {
                thread::sleep(Duration::from_millis(15));
                *takings.lock().unwrap() += price;
            });
        }
    });
    println!("takings: {}", takings.lock().unwrap());
}
