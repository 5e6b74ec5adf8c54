//! Places marked in cells, and the names of what is made there.

use super::*;
use crate::source::source_map::offset_of;

/// Places the `^` of a cell, names what is made there, twice if `count` is 2.
#[track_caller]
fn check(marked: &str, count: usize, expected: &[&str]) {
    let text = marked.replace('^', "");
    let at_byte = marked.find('^').unwrap();
    let line = marked[..at_byte].matches('\n').count() as u32 + 1;
    let column = (1..)
        .find(|c| offset_of(&text, line, *c) == Some(at_byte))
        .unwrap();
    let cell = CellSource::new(1, &text);
    let naming = at(&cell, line, column);
    let found: Vec<_> = (0..count)
        .filter_map(|i| Some((i, (), naming.clone()?)))
        .collect();
    let names = assign(&found);
    let names: Vec<_> = (0..count).filter_map(|i| names.get(&i)).collect();
    assert_eq!(names, expected, "{marked}");
}

#[test]
fn the_source_gives_the_name() {
    check("let counter = Arc::new(^Mutex::new(0));", 1, &["counter"]);
    check("let (tx, rx) = ^mpsc::channel::<i32>();", 1, &["tx → rx"]);
    check(
        "let (left, right) = (Mutex::new(0), Arc::new(^Mutex::new(1)));",
        1,
        &["right"],
    );
    check("let (a, b) = pair(^Mutex::new(0), Mutex::new(1));", 1, &[]);
    check("static TOTAL: Mutex<i32> = ^Mutex::new(0);", 1, &["TOTAL"]);
    check("{ let inner = ^Mutex::new(0); }", 1, &["inner"]);
    check(
        "let bank = Bank { till: ^Mutex::new(0) };",
        1,
        &["bank.till"],
    );
    check(
        "fn make() -> Bank { Bank { till: ^Mutex::new(0) } }",
        1,
        &["till"],
    );
    check("x = ^Mutex::new(0);", 1, &["x"]);
    check("drop(^Mutex::new(0));", 1, &[]);
    let lazy = "lazy_static! { static ref A: Mutex<u8> = Mutex::new(0); pub static ref B: Mutex<Vec<u8>> = ^Mutex::new(vec![]); }";
    check(lazy, 1, &["B"]);
    check(
        "select! { _ = f => { let m = ^Mutex::new(0); } }",
        1,
        &["m"],
    );
}

#[test]
fn elements_are_numbered() {
    check(
        "let forks: Vec<_> = (0..2).map(|_| ^Mutex::new(())).collect();",
        2,
        &["forks[0]", "forks[1]"],
    );
    check("let forks = vec![^Mutex::new(1)];", 1, &["forks[0]"]);
    check(
        "let forks = [^Mutex::new(1), Mutex::new(2)];",
        1,
        &["forks[0]"],
    );
    check(
        "for i in 0..2 { locks.push(Arc::new(^Mutex::new(i))); }",
        2,
        &["locks[0]", "locks[1]"],
    );
    check(
        "for i in 0..2 { let m = ^Mutex::new(i); }",
        2,
        &["m #1", "m #2"],
    );
}

#[test]
fn a_field_of_an_element_stands_behind_its_number() {
    let all = ["accounts[0].balance", "accounts[1].balance"];
    check(
        "let accounts = [Account { balance: ^Mutex::new(1) }, other()];",
        1,
        &all[..1],
    );
    check(
        "let accounts: Vec<_> = (0..2).map(|_| Arc::new(Account { balance: ^Mutex::new(1) })).collect();",
        2,
        &all,
    );
    check(
        "for i in 0..2 { accounts.push(Account { balance: ^Mutex::new(i) }); }",
        2,
        &all,
    );
    check(
        "let bank = Bank { tills: vec![Till { lock: ^Mutex::new(1) }] };",
        1,
        &["bank.tills[0].lock"],
    );
    check(
        "let table = Table { forks: [^Mutex::new(1), Mutex::new(2)] };",
        1,
        &["table.forks[0]"],
    );
    check(
        "let tables = vec![one(), Table { forks: [Mutex::new(1), ^Mutex::new(2)] }];",
        1,
        &["tables[1].forks[1]"],
    );
    check(
        "let grid = [[Mutex::new(1)], [^Mutex::new(2)]];",
        1,
        &["grid[1][0]"],
    );
    check(
        "let tables: Vec<_> = (0..2).map(|_| Table { forks: [one(), ^Mutex::new(2)] }).collect();",
        2,
        &["tables[0].forks[1]", "tables[1].forks[1]"],
    );
    // The number counts through all.
    check(
        "let grid: Vec<Vec<_>> = (0..2).map(|_| a((0..1).map(|_| ^Mutex::new(2)))).collect();",
        2,
        &["grid[0]", "grid[1]"],
    );
    check(
        "fn make() -> Vec<Account> { vec![Account { balance: ^Mutex::new(1) }] }",
        1,
        &["balance[0]"],
    );
}

#[test]
fn the_same_name_in_another_cell_is_another_name() {
    let in_cell = |cell, in_collection: bool| Naming {
        name: "forks".into(),
        cell,
        element: in_collection.then_some("forks".len()),
        rank: None,
        address: 0,
    };
    let found: Vec<_> = [(1, true), (1, true), (3, true), (2, false)]
        .into_iter()
        .enumerate()
        .map(|(id, (cell, in_collection))| (id, (), in_cell(cell, in_collection)))
        .collect();
    let names = assign(&found);
    let names: Vec<_> = (0..4).map(|id| names[&id].as_str()).collect();
    assert_eq!(
        names,
        [
            "forks[0] of [1]",
            "forks[1] of [1]",
            "forks[0]",
            "forks of [2]"
        ]
    );
}

#[test]
fn elements_that_were_not_used_count() {
    let named = |made: &[(u32, u32)]| {
        let found: Vec<_> = made
            .iter()
            .map(|(place, rank)| Naming {
                name: "forks".into(),
                cell: 1,
                element: Some("forks".len()),
                rank: Some((LocationSlot(*place), *rank)),
                address: 0,
            })
            .enumerate()
            .map(|(id, naming)| (id, (), naming))
            .collect();
        let names = assign(&found);
        (0..made.len())
            .map(|id| names[&id].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(named(&[(7, 1), (7, 3)]), ["forks[1]", "forks[3]"]);
    // `[Mutex::new(1), Mutex::new(2)]`: each place makes one.
    assert_eq!(named(&[(7, 0), (8, 0)]), ["forks[0]", "forks[1]"]);
}

#[test]
fn what_is_made_lazily_is_one() {
    check(
        "static CACHE: LazyLock<Mutex<u8>> = LazyLock::new(|| ^Mutex::new(0));",
        1,
        &["CACHE"],
    );
    check(
        "let cache = CELL.get_or_init(|| Arc::new(^Mutex::new(0)));",
        1,
        &["cache"],
    );
    let naming = Naming {
        name: "CACHE".into(),
        cell: 1,
        element: None,
        rank: None,
        address: 0,
    };
    let names = assign(&[(0, "lazy", naming.clone()), (1, "mutex", naming)]);
    assert_eq!((names[&0].as_str(), names[&1].as_str()), ("CACHE", "CACHE"));
}

#[test]
fn a_let_within_a_closure_gives_the_name() {
    // `thread::spawn(move || { let m = Mutex::new(0); })`: the `let` inside is met first.
    check(
        "let h = spawn(move || { let m = ^Mutex::new(0); });",
        1,
        &["m"],
    );
}

#[test]
fn a_tuple_names_its_fields() {
    check(
        "let pair = (Mutex::new(1), ^Mutex::new(2));",
        1,
        &["pair.1"],
    );
    check(
        "let pair = Arc::new((^Mutex::new(1), Condvar::new()));",
        1,
        &["pair.0"],
    );
    check(
        "let t = ((Mutex::new(1), ^Mutex::new(2)), 3);",
        1,
        &["t.0.1"],
    );
    check(
        "let s = S { locks: (1, ^Mutex::new(2)) };",
        1,
        &["s.locks.1"],
    );
    check("let p = Pair(Mutex::new(1), ^Mutex::new(2));", 1, &["p.1"]);
    check(
        "let p = own::Pair::<u8>(Mutex::new(1), ^Mutex::new(2));",
        1,
        &["p.1"],
    );
    check("let p = Some(^Mutex::new(1));", 1, &["p"]);
    check("let p = Shape::Round(^Mutex::new(1));", 1, &["p"]);
    check("let (a, b) = (1, (2, ^Mutex::new(1)));", 1, &["b.1"]);
    check("let (a, (b, c)) = (1, (2, ^Mutex::new(1)));", 1, &["c"]);
    check("fn pair() -> P { (Mutex::new(1), ^Mutex::new(2)) }", 1, &[]);
    check(
        "fn new() -> P { Self(Mutex::new(1), ^Mutex::new(2)) }",
        1,
        &[],
    );
    check(
        "static P: (u8, Mutex<u8>) = (1, ^Mutex::new(2));",
        1,
        &["P.1"],
    );
    check(
        "let all = [(0, Mutex::new(1)), (1, ^Mutex::new(2))];",
        1,
        &["all[1].1"],
    );
    check(
        "let all = vec![(0, Mutex::new(1)), (1, ^Mutex::new(2))];",
        1,
        &["all[1].1"],
    );
    let row = "let all = vec![Row { pair: Pair(1, ^Mutex::new(2)), x: 1 }];";
    check(row, 1, &["all[0].pair.1"]);
    check(
        "let all = vec![f::<u8, u8>(1), Some(^Mutex::new(2))];",
        1,
        &["all[1]"],
    );
    let several = "let all: Vec<_> = (0..2).map(|i| (i, ^Mutex::new(i))).collect();";
    check(several, 2, &["all[0].1", "all[1].1"]);
    let map = "let all: HashMap<_, _> = (0..2).map(|i| (i, ^Mutex::new(i))).collect();";
    check(map, 2, &["all[0]", "all[1]"]);
    check(
        "all.insert(\"one\", (^Mutex::new(1), 2));",
        1,
        &["all[0].0"],
    );
}

#[test]
fn elements_of_static_variables_are_in_the_order_of_their_addresses() {
    check(
        "static LOCKS: [Mutex<u8>; 2] = [const { ^Mutex::new(0) }; 2];",
        2,
        &["LOCKS[0]", "LOCKS[1]"],
    );
    let at = |address| Naming {
        name: "LOCKS".into(),
        cell: 1,
        element: Some("LOCKS".len()),
        rank: None,
        address,
    };
    let names = assign(&[(0, (), at(32)), (1, (), at(64)), (2, (), at(0))]);
    let names: Vec<_> = (0..3).map(|id| names[&id].as_str()).collect();
    assert_eq!(names, ["LOCKS[1]", "LOCKS[2]", "LOCKS[0]"]);
}
