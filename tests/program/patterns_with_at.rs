//# title: what stands behind @ in a pattern is a variable as well
let pair @ (p, q) = (1.5, 'c');
let whole @ Some(n) = Some(4) else { panic!() };
//# cell
println!("{pair:?} {p} {q} {whole:?} {n}")
//# prints: (1.5, 'c') 1.5 c Some(4) 4
