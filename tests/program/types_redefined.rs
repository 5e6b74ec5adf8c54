//# title: a variable goes with its type, unless the type stays the same
#[derive(Debug, Clone)] struct Price { cents: u32 }
mod shop { #[derive(Debug)] pub struct Item { pub name: &'static str } mod back { #[derive(Debug)] pub struct Box(pub u8); } pub use back::Box as Parcel; }
let price = Price { cents: 5 };
let prices = vec![Some(price.clone())];
let item = shop::Item { name: "tea" };
let parcel = shop::Parcel(3);
let count = 7;
//# cell
#[derive(Debug, Clone)]
struct Price {
    cents: u32, // the same
}
//# cell
prices
//# shows: [Some(Price { cents: 5 })]
//# cell
#[derive(Debug, Clone)] struct Price { cents: f32 }
//# says: `price`, made in [1], is gone: its type `Price` is defined anew here
//# says: `prices`, made in [1], is gone: its type `Price` is defined anew here
//# cell
prices
//# error: cannot find value `prices` in this scope
//# error: `prices` was made in [1]; its type `Price` was defined anew in [4]
//# cell
price
//# error: cannot find value `price` in this scope
//# error: `price` was made in [1]; its type `Price` was defined anew in [4]
//# cell
(item, count)
//# shows: (Item { name: "tea" }, 7)
//# cell
parcel
//# error: cannot find value `parcel` in this scope
//# error: `parcel`, made in [1], is not kept for later cells: its type `shop::back::Box` can't be named here
//# cell
let price = Price { cents: 2.5 }; let wrong: u8 = price;
//# error: mismatched types
//# cell
let price = Price { cents: 2.5 };
//# cell
price
//# shows: Price { cents: 2.5 }
