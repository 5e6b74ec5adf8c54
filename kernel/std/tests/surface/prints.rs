//! Print macros in odd places; compiled against our std and the real one by `tests/editions.rs`,
//! which compares the output.

macro_rules! as_expression {
    ($text:expr) => {
        println!($text)
    };
}

macro_rules! as_literal {
    ($text:literal) => {
        println!($text);
        print!($text);
        eprintln!($text)
    };
}

macro_rules! as_tokens {
    ($($tokens:tt)*) => {
        println!($($tokens)*)
    };
}

macro_rules! as_name {
    ($name:ident) => {
        println!("{}", $name);
        println!(concat!("joined ", "{}"), $name);
        println!(stringify!($name));
        println!("{0} {name}", $name, name = stringify!($name));
    };
}

// Names that our macros look for in evcxr's own code.
const GET_CMD: &str = "EVCXR_INPUT_REQUEST";
mod evcxr_internal_runtime {
    pub const USER_ERROR_OCCURRED: &str = "EVCXR_ERROR_OCCURRED";
}

fn main() {
    let x = 5;
    as_expression!("expression");
    as_literal!("literal {{}}\n");
    as_tokens!("{x}");
    as_tokens!("{} {y}", 1, y = 2);
    as_name!(x);
    println!("{}:{}", GET_CMD, x);
    println!("{}:{}", GET_CMD, String::from("moved"),);
    println!("{}", evcxr_internal_runtime::USER_ERROR_OCCURRED);
    println!("EVCXR_PANIC_NOTIFICATION");
    println!("EVCXR_PANIC_NOTIFICATION",);
    println!(r"raw\n");
    println!(r#"raw "quoted" {x:>4}"#);
    println! {"braces"}
    println!["brackets {}", 1];
    println!("{0:?} {0:#?} {name:>w$}", Some(1), name = "n", w = 3);
    println!("{}", format_args!("{}", String::from("temporary").as_str()));
    let unit: () = match x {
        5 => println!("unit"),
        _ => (),
    };
    if unit == () {
        println!()
    } else {
        print!("never")
    }
    let closure = || println!("closure");
    closure();
    fn early() -> Result<(), std::fmt::Error> {
        println!("{}", { Ok::<i32, std::fmt::Error>(1)? });
        Ok(())
    }
    early().unwrap();
    print!("{}", dbg!(x, "two").1);
    let moved = dbg!(String::from("moved"));
    eprint!("{moved:?}");
}
